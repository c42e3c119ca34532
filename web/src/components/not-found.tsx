import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Page } from '@/components/ui/page';

export function NotFound() {
  const { t } = useTranslation('shell');
  return (
    <Page title={t('notFound.title')} width="text" lead={t('notFound.text')}>
      <Button renderRoot={(props) => <Link to="/" {...props} />}>{t('notFound.home')}</Button>
    </Page>
  );
}
