import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

export function AnalyticsPage() {
  const { t } = useTranslation('admin');
  return <Section title={t('analytics.title')} />;
}
