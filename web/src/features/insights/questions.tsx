import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import charts from '@/components/charts/charts.module.css';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import type { Schema } from '@/lib/api';

import classes from './insights.module.css';

type Props = {
  title: string;
  lead: string;
  questions: Schema<'QueryCount'>[];
  /** One's own lead to the history, those of others to the search. */
  isOwn: boolean;
};

/** The most asked questions. */
export function Questions({ title, lead, questions, isOwn }: Props) {
  const { t } = useTranslation('insights');
  return (
    <div className={charts.figure}>
      <Section title={title} lead={lead}>
        <ol className={classes.questions}>
          {questions.map(({ query, count, last_asked: lastAsked }) => (
            <li key={query} className={classes.question}>
              <Anchor renderRoot={(props) => (isOwn ? <Link to="/history" search={{ q: query }} {...props} /> : <Link to="/" search={{ q: query }} {...props} />)}>
                <bdi>{query}</bdi>
              </Anchor>
              <span>
                {t('times', { count })} <small><Time at={lastAsked} /></small>
              </span>
            </li>
          ))}
        </ol>
      </Section>
    </div>
  );
}
