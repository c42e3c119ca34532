import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

export function MaintenancePage() {
  const { t } = useTranslation('admin');
  return <Section title={t('maintenance.title')} />;
}
