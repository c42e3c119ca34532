import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

export function ConfigurationPage() {
  const { t } = useTranslation('admin');
  return <Section title={t('configuration.title')} />;
}
