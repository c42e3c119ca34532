import { Checkbox, NativeSelect, Switch } from '@mantine/core';
import '@mantine/core/styles/Switch.layer.css';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import type { Schema } from '@/lib/api';
import { sourcesQuery } from '@/lib/sources';

import { LIMITS } from './address';
import classes from './ask-menu.module.css';
import type { AskMenuProps } from './ask-menu';

/** Which sources are asked, for how much, and whether anything is kept. */
export function AskPanel({ address, onAsk }: AskMenuProps) {
  const { t } = useTranslation('search');
  const query = useQuery(sourcesQuery);
  const chosen = address.sources?.split(',') ?? [];
  const isChosen = (id: string) => chosen.length === 0 || chosen.includes(id);
  const toggle = (usable: Schema<'SourceState'>[], id: string) => {
    const next = usable.map((source) => source.id).filter((other) => (other === id ? !isChosen(id) : isChosen(other)));
    onAsk({ sources: next.length === 0 || next.length === usable.length ? undefined : next.join(',') });
  };
  return (
    <>
      <fieldset className={classes.part}>
        <legend className={classes.legend}>{t('ask.sources')}</legend>
        <Loaded query={query}>
          {({ sources }) => {
            const usable = sources.filter((source) => source.availability === 'ready');
            if (usable.length === 0) return t('ask.noSources');
            return usable.map((source) => (
              <Checkbox key={source.id} size="sm" label={source.label} title={source.description} checked={isChosen(source.id)} onChange={() => toggle(usable, source.id)} />
            ));
          }}
        </Loaded>
      </fieldset>
      <NativeSelect
        className={classes.part}
        size="xs"
        label={t('ask.limit')}
        value={address.limit ?? LIMITS[0]}
        data={[...LIMITS]}
        onChange={(event) => onAsk({ limit: LIMITS.find((limit) => limit === event.currentTarget.value && limit !== LIMITS[0]) })}
      />
      <Switch
        size="sm"
        label={t('ask.private')}
        description={t('ask.privateText')}
        checked={address.private === '1'}
        onChange={(event) => onAsk({ private: event.currentTarget.checked ? '1' : undefined })}
      />
    </>
  );
}
