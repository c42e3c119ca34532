import { useTranslation } from 'react-i18next';

import { Page } from '@/components/ui/page';

export function WelcomePage() {
  const { t } = useTranslation('setup');
  return <Page title={t('title')} />;
}
