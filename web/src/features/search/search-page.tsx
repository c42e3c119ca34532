import { useTranslation } from 'react-i18next';

import { Page } from '@/components/ui/page';

export function SearchPage() {
  const { t } = useTranslation('search');
  return <Page title={t('title')} />;
}
