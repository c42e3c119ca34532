import { useTranslation } from 'react-i18next';

import { Page } from '@/components/ui/page';

export function EntryPage() {
  const { t } = useTranslation('history');
  return <Page title={t('entry.title')} />;
}
