import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take } from '@/lib/api';

import { isAsked, SourceStateWord } from '../source-state';
import classes from './dashboard.module.css';

const EVERY = 15_000;

/** The sources that are asked, and how each is at the moment. */
export function SourcesNow() {
  const { t } = useTranslation('admin');
  const query = useQuery({
    queryKey: ['admin', 'sources'],
    queryFn: () => take(api.GET('/api/v1/sources')),
    refetchInterval: EVERY,
  });
  const toAll = <Anchor renderRoot={(props) => <Link to="/admin/sources" {...props} />}>{t('dashboard.toSources')}</Anchor>;
  return (
    <Section title={t('dashboard.sources')} actions={toAll}>
      <Loaded query={query} lines={3}>
        {({ sources }) =>
          sources.some(isAsked) ? (
            <ul className={classes.parts}>
              {sources.filter(isAsked).map((source) => (
                <li key={source.id}>
                  <span className={classes.part}>{source.label}</span>
                  <SourceStateWord source={source} />
                  {source.health.reason != null && (
                    <span className={classes.detail}>
                      {source.health.reason} {source.health.next_attempt != null && <Time at={source.health.next_attempt} />}
                    </span>
                  )}
                </li>
              ))}
            </ul>
          ) : (
            <Empty title={t('sources.none')}>{t('sources.noneText')}</Empty>
          )
        }
      </Loaded>
    </Section>
  );
}
