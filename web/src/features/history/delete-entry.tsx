import { useTranslation } from 'react-i18next';

import { Confirm } from '@/components/ui/confirm';
import { say } from '@/components/ui/sayings';
import { useSayFailure } from '@/components/use-say-failure';

import { useDelete, type Entry } from './api';

type Props = { entry: Entry; isOpen: boolean; onClose: () => void; onDeleted?: () => void };

/** Asks whether a search shall be deleted, and deletes it. */
export function DeleteEntry({ entry, isOpen, onClose, onDeleted }: Props) {
  const { t } = useTranslation('history');
  const sayFailure = useSayFailure();
  const remove = useDelete();
  const confirm = () =>
    remove.mutate(entry.id, {
      onSuccess: () => {
        say(t('delete.done'));
        onClose();
        onDeleted?.();
      },
      onError: sayFailure,
    });
  return (
    <Confirm isOpen={isOpen} onClose={onClose} title={t('delete.title')} deed={t('delete.deed')} onConfirm={confirm} isBusy={remove.isPending}>
      <p>{t('delete.text', { query: entry.query })}</p>
    </Confirm>
  );
}
