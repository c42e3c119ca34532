import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { say } from '@/components/ui/sayings';
import { useSayFailure } from '@/components/use-say-failure';

import { searchAddress } from './address';
import { useRunAgain, type Entry } from './api';

/** Asks the sources anew, then lays the new answer beside the old one. */
export function useRunAndCompare(entry: Entry) {
  const { t } = useTranslation('history');
  const navigate = useNavigate();
  const sayFailure = useSayFailure();
  const again = useRunAgain();
  const run = () => {
    say(t('run.asking'));
    again.mutate(entry, {
      onSuccess: (search) => {
        // A search that takes very long is looked at where its sources can be watched.
        if ('works' in search) void navigate({ to: '/history/$id', params: { id: search.id }, search: { compare: entry.id } });
        else void navigate({ to: '/', search: searchAddress(entry, search.id) });
      },
      onError: sayFailure,
    });
  };
  return { run, isRunning: again.isPending };
}
