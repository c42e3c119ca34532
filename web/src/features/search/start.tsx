import { Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { useEarlier } from './api';
import classes from './search-page.module.css';
import startClasses from './start.module.css';

/** Questions that show what the language can do; they are the same in every language. */
const EXAMPLES = ['title:transformer year:2023..2026', '"base editing" NOT review', 'author:doudna type:review', 'doi:10.1038/nature12373'];

function Questions({ title, questions }: { title: string; questions: string[] }) {
  return (
    <section className={startClasses.part}>
      <h2 className={startClasses.title}>{title}</h2>
      <ul className={startClasses.list}>
        {questions.map((question) => (
          <li key={question}>
            <Link to="/" search={{ q: question }} className={startClasses.question}>
              <bdi>{question}</bdi>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Nothing is asked yet: the box, what was asked last, and what could be. */
export function Start({ children }: { children: ReactNode }) {
  const { t } = useTranslation('search');
  const earlier = [...new Set(useEarlier('', true))];
  return (
    <div className={classes.start}>
      <Title order={1} className={classes.startTitle}>
        {t('start.title')}
      </Title>
      {children}
      <div className={startClasses.parts}>
        {earlier.length > 0 && <Questions title={t('start.earlier')} questions={earlier} />}
        <Questions title={t('start.examples')} questions={EXAMPLES} />
      </div>
    </div>
  );
}
