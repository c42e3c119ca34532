import { Anchor, Button } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Page } from '@/components/ui/page';
import { ProblemError } from '@/lib/problem';

import { entryQuery, type Entry } from './api';
import { ChangesSection } from './entry/changes-section';
import classes from './entry/entry.module.css';
import { EntryActions } from './entry/entry-actions';
import { WorksSection } from './entry/works-section';
import { EntryFacts } from './entry-facts';
import { FavoriteButton } from './favorite-button';
import { PrismaSection } from './prisma/prisma-section';
import { TagEditor } from './tag-editor';
import { useLiveEntry } from './use-live';

const route = getRouteApi('/shell/history/$id');

/** Longest question that is a heading; the record below has the whole. */
const TITLE_LONGEST = 160;

function BackToHistory() {
  const { t } = useTranslation('history');
  return (
    <Anchor size="sm" className={classes.back} renderRoot={(props) => <Link to="/history" {...props} />}>
      <IconArrowLeft size={14} aria-hidden />
      {t('entry.back')}
    </Anchor>
  );
}

function Missing() {
  const { t } = useTranslation('history');
  return (
    <Empty title={t('entry.missing')} action={<Button renderRoot={(props) => <Link to="/history" {...props} />}>{t('entry.back')}</Button>}>
      {t('entry.missingText')}
    </Empty>
  );
}

function Whole({ entry }: { entry: Entry }) {
  const { compare } = route.useSearch();
  const title = entry.query.length > TITLE_LONGEST ? `${entry.query.slice(0, TITLE_LONGEST)} …` : entry.query;
  return (
    <div className={classes.entry}>
      <div className={classes.above}>
        <BackToHistory />
      </div>
      <Page title={title} actions={<EntryActions entry={entry} />}>
        <div className={classes.facts}>
          <FavoriteButton entry={entry} />
          <EntryFacts entry={entry} />
        </div>
        <TagEditor entry={entry} />
        <div className={classes.sections}>
          <ChangesSection entry={entry} compare={compare} key={entry.id} />
          <WorksSection entry={entry} />
          <PrismaSection entry={entry} />
        </div>
      </Page>
    </div>
  );
}

/** One search: what it found, what has changed since the last time, and its record. */
export function EntryPage() {
  const { t } = useTranslation('history');
  const { id } = route.useParams();
  useLiveEntry(id);
  const entry = useQuery(entryQuery(id));
  if (entry.data) return <Whole entry={entry.data} />;
  const isMissing = entry.error instanceof ProblemError && entry.error.status === 404;
  return (
    <Page title={t('entry.title')}>
      {isMissing ? <Missing /> : <Loaded query={entry} lines={8} height={28} />}
    </Page>
  );
}
