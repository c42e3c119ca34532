import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

export function VersionsPage() {
  const { t } = useTranslation('admin');
  return <Section title={t('versions.title')} />;
}
