import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

export function SessionsPage() {
  const { t } = useTranslation('admin');
  return <Section title={t('sessions.title')} />;
}
