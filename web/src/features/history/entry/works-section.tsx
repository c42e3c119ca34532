import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';

import { searchAddress } from '../address';
import type { Entry } from '../api';
import { answerQuery } from './answer';
import classes from './entry.module.css';
import { WorkLine } from './work-line';

/** So many are shown here; the search page has them all. */
const SHOWN = 10;

/** The first works of the answer, as it was then. */
export function WorksSection({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  const hasAnswer = entry.query_metadata.has_answer;
  const answer = useQuery({ ...answerQuery(entry.id), enabled: hasAnswer });
  const all = (
    <Anchor className={classes.screenOnly} renderRoot={(props) => <Link to="/" search={searchAddress(entry, entry.id)} {...props} />}>
      {t('works.all')}
    </Anchor>
  );
  return (
    <div className={classes.screenOnly}>
      <Section title={t('works.title', { count: entry.results_count })} actions={hasAnswer && entry.results_count > 0 && all}>
        {hasAnswer ? (
          <Loaded query={answer} lines={6}>
            {({ works }) =>
              works.length === 0 ? (
                <p>{t('works.none')}</p>
              ) : (
                <ol className={classes.works}>
                  {works.slice(0, SHOWN).map((work, index) => (
                    <WorkLine key={work.id} work={work} place={index + 1} />
                  ))}
                </ol>
              )
            }
          </Loaded>
        ) : (
          <p>{t('works.gone')}</p>
        )}
      </Section>
    </div>
  );
}
