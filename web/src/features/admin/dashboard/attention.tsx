import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take } from '@/lib/api';

import { useEventName } from '../event-name';
import { JobStateWord, useKindName } from '../job-state';
import { SeverityWord } from '../severity';
import { useLiveEvents } from '../use-live-events';
import classes from './dashboard.module.css';

const FEW = 5;
const EVERY = 30_000;

function OpenEvents() {
  const { t } = useTranslation('admin');
  const nameOf = useEventName();
  useLiveEvents();
  const query = useQuery({
    queryKey: ['admin', 'security-events', 'open'],
    queryFn: () => take(api.GET('/api/v1/admin/security-events', { params: { query: { resolved: false, limit: FEW } } })),
  });
  const toAll = <Anchor renderRoot={(props) => <Link to="/admin/security-events" search={{ resolved: 'false' }} {...props} />}>{t('dashboard.toEvents')}</Anchor>;
  return (
    <Section title={t('dashboard.events')} actions={toAll}>
      <Loaded query={query} lines={3}>
        {({ events }) =>
          events.length === 0 ? (
            <Empty title={t('dashboard.noEvents')} />
          ) : (
            <ul className={classes.list}>
              {events.map((event) => (
                <li key={event.id}>
                  <span className={classes.part}>{t('dashboard.eventTimes', { name: nameOf(event.event_type), count: event.occurrences })}</span>
                  <SeverityWord severity={event.severity} />
                  <span className={classes.when}>
                    <Time at={event.last_at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function LatestJobs() {
  const { t } = useTranslation('admin');
  const nameOf = useKindName();
  const query = useQuery({
    queryKey: ['admin', 'jobs', 'latest'],
    queryFn: () => take(api.GET('/api/v1/admin/jobs', { params: { query: { limit: FEW } } })),
    refetchInterval: EVERY,
  });
  const toAll = <Anchor renderRoot={(props) => <Link to="/admin/jobs" {...props} />}>{t('dashboard.toJobs')}</Anchor>;
  return (
    <Section title={t('dashboard.jobs')} actions={toAll}>
      <Loaded query={query} lines={3}>
        {({ jobs }) =>
          jobs.length === 0 ? (
            <Empty title={t('jobs.none')} />
          ) : (
            <ul className={classes.list}>
              {jobs.map((job) => (
                <li key={job.id}>
                  <span className={classes.part}>{nameOf(job.kind)}</span>
                  <JobStateWord job={job} />
                  <span className={classes.when}>
                    <Time at={job.created_at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

/** What somebody may have to look at. */
export function Attention() {
  return (
    <div className={classes.columns}>
      <OpenEvents />
      <LatestJobs />
    </div>
  );
}
