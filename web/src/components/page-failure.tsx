import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Page } from '@/components/ui/page';

import { Failure } from './failure';

/** Instead of a page that could not be shown. */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation('shell');
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title={t('failure.title')} width="text">
      <Failure error={error} onRetry={again} />
    </Page>
  );
}
