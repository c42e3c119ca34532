import { useTranslation } from 'react-i18next';

import { Page } from '@/components/ui/page';

export function ResetPage() {
  const { t } = useTranslation('sign-in');
  return <Page title={t('reset.title')} />;
}
