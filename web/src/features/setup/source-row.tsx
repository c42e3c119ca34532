import { useTranslation } from 'react-i18next';

import { StateWord, type Tone } from '@/components/ui/state-word';
import type { Schema } from '@/lib/api';

import { type Adjustable, named } from './adjust';
import { Lines } from './lines';
import { SettingForm } from './setting-form';
import classes from './setup.module.css';
import { SourceSwitch } from './source-switch';
import { SourceTest } from './source-test';

const FEED = 'https://example.org/feed.xml';

type Source = Schema<'SourceState'>;
type Props = { source: Source; settings: Adjustable[] | undefined };

const TONES: Record<Source['availability'], Tone> = { ready: 'good', lazy: 'good', off: 'quiet', needs_key: 'warn', needs_base_url: 'warn', needs_urls: 'warn' };

/** A source: whether it is asked, what it wants for that, and how a test of it went. */
export function SourceRow({ source, settings }: Props) {
  const { t } = useTranslation('setup');
  const { id, label, availability } = source;
  const [enabled, key, urls] = ['enabled', 'key', 'urls'].map((name) => named(settings, `sources.${id}.${name}`));
  const isOn = availability === 'ready' || availability === 'lazy';
  return (
    <li className={classes.source}>
      <div className={classes.head}>
        <span>
          <strong>{label}</strong> <span className={classes.quiet}>{source.description}</span>
        </span>
        <StateWord tone={TONES[availability]}>{t(`sources.state.${availability}`)}</StateWord>
      </div>
      {enabled && (isOn || availability === 'off') && <SourceSwitch setting={enabled} label={label} on={isOn} />}
      {key && availability !== 'off' && <SettingForm setting={key} label={t('sources.key', { name: label })} />}
      {urls && availability !== 'off' && <SettingForm setting={urls} label={t('sources.feeds')} description={t('sources.feedsText')} placeholder={FEED} />}
      {settings && availability === 'needs_base_url' && (
        <>
          <p className={classes.quiet}>{t('sources.configuredOnly')}</p>
          <Lines text={`[sources.${id}]\nbase_url = "https://…"`} label={t('copyLines')} />
        </>
      )}
      {availability === 'ready' && <SourceTest source={source} />}
    </li>
  );
}
