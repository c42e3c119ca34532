import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

export function UserPage() {
  const { t } = useTranslation('admin');
  return <Section title={t('user.title')} />;
}
