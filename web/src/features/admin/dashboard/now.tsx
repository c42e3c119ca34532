import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Loading } from '@/components/ui/loading';
import { Section } from '@/components/ui/section';
import { Sparkline } from '@/components/ui/sparkline';
import { Tile, Tiles } from '@/components/ui/tiles';
import { useFormat } from '@/lib/format';

import { Dependencies } from './dependencies';
import { liveQuery, type Sample } from './live';

type Shown = { key: keyof Sample; label: string; say: (value: number) => string; note?: string };

/** A number as it is now, with how it went. */
function LiveTile({ shown, samples }: { shown: Shown; samples: Sample[] }) {
  const { t } = useTranslation('admin');
  const values = samples.map((sample) => sample[shown.key]);
  const known = values.filter((value) => value !== undefined);
  const now = values.at(-1);
  const value = now === undefined ? t('dashboard.unknown') : shown.say(now);
  const spoken = t('dashboard.spark', { label: shown.label, now: value, least: shown.say(Math.min(...known)), most: shown.say(Math.max(...known)) });
  return (
    <Tile label={shown.label} value={value} {...(shown.note !== undefined && { note: shown.note })}>
      {known.length > 0 && <Sparkline values={values} label={spoken} />}
    </Tile>
  );
}

/** The installation as it is at the moment. */
export function Now() {
  const { t } = useTranslation('admin');
  const format = useFormat();
  const { data, error, isError, refetch } = useQuery(liveQuery);
  if (!data) {
    return <Section title={t('dashboard.now')}>{isError ? <Failure error={error} onRetry={() => void refetch()} /> : <Loading lines={6} />}</Section>;
  }
  const { health, samples } = data;
  const percent = (hundredths: number) => format.percent(hundredths / 100);
  const tiles: Shown[] = [
    { key: 'connections', label: t('dashboard.connections'), say: (value) => format.number(value) },
    { key: 'response', label: t('dashboard.response'), say: (value) => format.duration(value * 1000), note: t('dashboard.sinceStart') },
    { key: 'errors', label: t('dashboard.errors'), say: format.percent, note: t('dashboard.sinceStart') },
    { key: 'cacheHits', label: t('dashboard.cacheHits'), say: format.percent, note: t('dashboard.sinceStart') },
    { key: 'cpu', label: t('dashboard.cpu'), say: percent },
    { key: 'memory', label: t('dashboard.memory'), say: percent, ...(health.memory_bytes != null && { note: format.bytes(health.memory_bytes) }) },
  ];
  return (
    <>
      <Section title={t('dashboard.now')} lead={t('dashboard.running', { version: health.versions.pake, age: format.age(health.uptime_seconds) })}>
        {isError && <Failure error={error} onRetry={() => void refetch()} />}
        <Tiles>
          {tiles.map((shown) => (
            <LiveTile key={shown.key} shown={shown} samples={samples} />
          ))}
          <Tile label={t('dashboard.queue')} value={format.number(health.queue.waiting + health.queue.running)} note={t('dashboard.queueNote', { ...health.queue })} />
          <Tile
            label={t('dashboard.disk')}
            value={health.disk_usage == null ? t('dashboard.unknown') : percent(health.disk_usage)}
            note={health.storage.disk_free_bytes == null ? undefined : t('dashboard.diskFree', { size: format.bytes(health.storage.disk_free_bytes) })}
          />
          <Tile label={t('dashboard.database')} value={format.bytes(health.storage.database_bytes)} note={`${health.versions.database_kind} ${health.versions.database}`} />
        </Tiles>
      </Section>
      <Dependencies health={health} />
    </>
  );
}
