import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { isRefused } from '@/lib/problem';

import { adjustableQuery, named } from './adjust';
import { configurationQuery, quoted, valueOf } from './configuration';
import { Lines } from './lines';
import { SettingForm } from './setting-form';
import classes from './setup.module.css';
import { Step } from './step';

const EXAMPLES = { contact: 'you@example.org', address: 'https://pake.example.org', mail: 'mail.example.org' };
const SETTINGS = { address: 'server.base_url', mail: 'mail.host' };
const LINES = {
  address: (value: string) => `[server]\nbase_url = ${quoted(value)}`,
  mail: (value: string) => `[mail]\nkind = "smtp"\nhost = ${quoted(value)}\nfrom = "PAKE <pake@example.org>"`,
};

/** One setting: what holds now, and the lines that set it, with what is typed here. */
function SettingStep({ name }: { name: keyof typeof SETTINGS }) {
  const { t } = useTranslation('setup');
  const configuration = useQuery(configurationQuery);
  const [typed, setTyped] = useState('');
  const value = valueOf(configuration, SETTINGS[name]);
  // A server that is named but not used sends nothing.
  const holds = name !== 'mail' || valueOf(configuration, 'mail.kind') === 'smtp' ? value : undefined;
  return (
    <Step title={t(`${name}.title`)} tone={holds === undefined ? 'warn' : 'good'} state={holds ?? t('notSet')}>
      <p className={classes.quiet}>{t(`${name}.text`)}</p>
      {holds === undefined && (
        <>
          <TextInput label={t(`${name}.label`)} placeholder={EXAMPLES[name]} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
          <Lines text={LINES[name](typed.trim() || EXAMPLES[name])} label={t('copyLines')} />
        </>
      )}
    </Step>
  );
}

/** Whom the operators of the sources may write to. */
function ContactStep() {
  const { t } = useTranslation('setup');
  const settings = useQuery(adjustableQuery);
  const setting = named(settings.data, 'search.contact');
  const state = typeof setting?.value === 'string' ? setting.value : t(settings.data ? 'notSet' : settings.isError ? 'unknown' : 'looking');
  return (
    <Step title={t('contact.title')} tone={setting?.is_set ? 'good' : 'warn'} state={state}>
      <p className={classes.quiet}>{t('contact.text')}</p>
      <Loaded query={settings} lines={1}>{() => setting && <SettingForm setting={setting} label={t('contact.label')} placeholder={EXAMPLES.contact} />}</Loaded>
    </Step>
  );
}

/** What is set in the configuration; only who operates PAKE sees it. */
export function SettingSteps() {
  const { t } = useTranslation('setup');
  const configuration = useQuery(configurationQuery);
  if (isRefused(configuration.error)) {
    return (
      <Step title={t('settings')} tone="quiet" state={t('hidden')}>
        <p className={classes.quiet}>{t('hiddenText')}</p>
      </Step>
    );
  }
  if (!configuration.data) {
    return (
      <Step title={t('settings')} tone="quiet" state={t(configuration.isError ? 'unknown' : 'looking')}>
        <Loaded query={configuration} lines={2} />
      </Step>
    );
  }
  return (
    <>
      <ContactStep />
      <SettingStep name="address" />
      <SettingStep name="mail" />
    </>
  );
}
