import { useTranslation } from 'react-i18next';

import { Page } from '@/components/ui/page';

export function InsightsPage() {
  const { t } = useTranslation('insights');
  return <Page title={t('title')} />;
}
