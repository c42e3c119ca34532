import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

export function SecurityEventsPage() {
  const { t } = useTranslation('admin');
  return <Section title={t('securityEvents.title')} />;
}
