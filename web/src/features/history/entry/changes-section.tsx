import { Button, NativeSelect } from '@mantine/core';
import { IconGitCompare } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';
import { useFormat } from '@/lib/format';

import { runsQuery, type Entry } from '../api';
import { useRunAndCompare } from '../use-run-and-compare';
import { Changes } from './changes';
import classes from './entry.module.css';

const route = getRouteApi('/shell/history/$id');

/** The run that an entry is laid beside when nobody says which: the last before it, else the first after it. */
function usual(entry: Entry, others: Entry[]): Entry | undefined {
  return others.find((run) => run.created_at < entry.created_at) ?? others.at(-1);
}

function First({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  const { run, isRunning } = useRunAndCompare(entry);
  return (
    <>
      <p>{entry.query_metadata.has_answer ? t('changes.first') : t('changes.gone')}</p>
      <Button variant="default" loading={isRunning} leftSection={<IconGitCompare size={16} aria-hidden />} onClick={run}>
        {t('menu.compare')}
      </Button>
    </>
  );
}

/** This search beside another run of the same question. */
export function ChangesSection({ entry, compare }: { entry: Entry; compare: string | undefined }) {
  const { t } = useTranslation('history');
  const format = useFormat();
  const navigate = route.useNavigate();
  const runs = useQuery(runsQuery(entry.query));
  const others = (runs.data ?? []).filter((run) => run.id !== entry.id && run.query_metadata.has_answer);
  const chosen = others.find((run) => run.id === compare) ?? usual(entry, others);
  const time = (run: Entry) => new Date(run.created_at).toLocaleString(format.language, { dateStyle: 'medium', timeStyle: 'medium' });
  const picker = chosen && (
    <NativeSelect
      size="xs"
      className={classes.picker}
      aria-label={t('changes.with')}
      value={chosen.id}
      onChange={(event) => void navigate({ search: { compare: event.currentTarget.value }, replace: true, resetScroll: false })}
      data={others.map((run) => ({ value: run.id, label: t('changes.run', { time: time(run), count: run.results_count }) }))}
    />
  );
  const isComparable = entry.query_metadata.has_answer && chosen !== undefined;
  return (
    <div className={classes.screenOnly}>
      <Section title={t('changes.title')} actions={isComparable && picker}>
        <Loaded query={runs} lines={3}>{() => (isComparable ? <Changes entry={entry} other={chosen} /> : <First entry={entry} />)}</Loaded>
      </Section>
    </div>
  );
}
