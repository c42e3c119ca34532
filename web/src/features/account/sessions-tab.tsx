import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

export function SessionsTab() {
  const { t } = useTranslation('account');
  return <Section title={t('sessions.title')} />;
}
