import { useTranslation } from 'react-i18next';

import { say } from '@/components/ui/sayings';
import { ProblemError, Unreachable } from '@/lib/problem';

/** Says in passing what did not work, in the server's words where it said something. */
export function useSayFailure(): (error: unknown) => void {
  const { t } = useTranslation('shell');
  return (error) => {
    if (error instanceof ProblemError) say(error.detail === '' ? error.title : error.detail);
    else say(t(error instanceof Unreachable ? 'failure.unreachable' : 'failure.title'));
  };
}
