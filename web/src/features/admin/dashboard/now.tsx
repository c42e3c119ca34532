import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';
import { Sparkline } from '@/components/ui/sparkline';
import { Tile, Tiles } from '@/components/ui/tiles';
import { useFormat } from '@/lib/format';

import { Dependencies } from './dependencies';
import { useLive, type Sample } from './live';

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

/** What there is to see: rates of the last minute over the socket; while there is none, what is known since the start. */
function useShown(isTold: boolean): Shown[] {
  const { t } = useTranslation('admin');
  const format = useFormat();
  const count = (value: number) => format.number(value);
  const time = (seconds: number) => format.duration(seconds * 1000);
  const cpu: Shown = { key: 'cpu', label: t('dashboard.cpu'), say: (hundredths) => format.percent(hundredths / 100) };
  const memory: Shown = { key: 'memory', label: t('dashboard.memory'), say: format.bytes };
  const sinceStart = t('dashboard.sinceStart');
  if (!isTold) {
    return [
      { key: 'connections', label: t('dashboard.connections'), say: count },
      { key: 'response', label: t('dashboard.response'), say: time, note: sinceStart },
      { key: 'errors', label: t('dashboard.errors'), say: format.percent, note: sinceStart },
      { key: 'cacheHits', label: t('dashboard.cacheHits'), say: format.percent, note: sinceStart },
      cpu,
      memory,
    ];
  }
  return [
    { key: 'requests', label: t('dashboard.perSecond'), say: (value) => format.number(value, { maximumFractionDigits: 1 }) },
    { key: 'p95', label: t('dashboard.p95'), say: time },
    { key: 'errors', label: t('dashboard.errors'), say: format.percent },
    { key: 'sockets', label: t('dashboard.sockets'), say: count },
    { key: 'users', label: t('dashboard.users'), say: count, note: t('dashboard.usersNote') },
    { key: 'cacheHits', label: t('dashboard.cacheHits'), say: format.percent },
    cpu,
    memory,
  ];
}

/** The installation as it is at the moment. */
export function Now() {
  const { t } = useTranslation('admin');
  const format = useFormat();
  const query = useLive();
  const live = query.data;
  const tiles = useShown(live?.isTold ?? false);
  if (!live) {
    return (
      <Section title={t('dashboard.now')}>
        <Loaded query={query} lines={6} />
      </Section>
    );
  }
  const { health, samples } = live;
  const running = t('dashboard.running', { version: health.versions.pake, age: format.age(health.uptime_seconds) });
  return (
    <>
      <Section title={t('dashboard.now')} lead={`${running} · ${t(live.isTold ? 'dashboard.live' : 'dashboard.polled')}`}>
        <Loaded query={query}>
          {() => (
            <Tiles>
              {tiles.map((shown) => (
                <LiveTile key={shown.key} shown={shown} samples={samples} />
              ))}
              <Tile label={t('dashboard.queue')} value={format.number(health.queue.waiting + health.queue.running)} note={t('dashboard.queueNote', { ...health.queue })} />
              <Tile
                label={t('dashboard.disk')}
                value={health.disk_usage == null ? t('dashboard.unknown') : format.percent(health.disk_usage / 100)}
                note={health.storage.disk_free_bytes == null ? undefined : t('dashboard.diskFree', { size: format.bytes(health.storage.disk_free_bytes) })}
              />
              <Tile label={t('dashboard.database')} value={format.bytes(health.storage.database_bytes)} note={`${health.versions.database_kind} ${health.versions.database}`} />
            </Tiles>
          )}
        </Loaded>
      </Section>
      <Dependencies components={live.components} />
    </>
  );
}
