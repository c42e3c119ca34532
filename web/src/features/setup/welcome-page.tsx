import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Page } from '@/components/ui/page';

import { AccountStep } from './account-step';
import { Lines } from './lines';
import { SettingSteps } from './setting-steps';
import classes from './setup.module.css';
import { SourcesStep } from './sources-step';

/** The first minutes with PAKE: what is set, what is missing, and the lines that set it. */
export function WelcomePage() {
  const { t } = useTranslation('setup');
  return (
    <Page title={t('title')} lead={t('lead')} width="text">
      <ol className={classes.steps}>
        <AccountStep />
        <SettingSteps />
        <SourcesStep />
      </ol>
      <div className={classes.foot}>
        <p>{t('restart')}</p>
        <Lines text="pake config check" label={t('copyCommand')} />
        <Button renderRoot={(props) => <Link to="/" {...props} />}>{t('begin')}</Button>
      </div>
    </Page>
  );
}
