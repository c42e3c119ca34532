import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

export function JobsPage() {
  const { t } = useTranslation('admin');
  return <Section title={t('jobs.title')} />;
}
