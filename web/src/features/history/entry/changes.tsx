import { IconAlertTriangle } from '@tabler/icons-react';
import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { compareAnswers } from '@/lib/answer-changes';
import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import type { Entry } from '../api';
import { answerQuery, silentSources, type Answer } from './answer';
import { ChangeList } from './change-list';
import classes from './entry.module.css';
import { WorkLine } from './work-line';

/** Works may differ only because a source was not heard: that is said first. */
function Caution({ before, now }: { before: Answer; now: Answer }) {
  const { t } = useTranslation('history');
  const format = useFormat();
  const label = useSourceLabel();
  const { onlyBefore, onlyNow } = silentSources(before, now);
  const names = (sources: string[]) => format.list(sources.map(label));
  if (onlyBefore.length === 0 && onlyNow.length === 0) return null;
  return (
    <p className={classes.caution}>
      <IconAlertTriangle size={16} aria-hidden />
      <span>
        {onlyBefore.length > 0 && t('changes.onlyBefore', { sources: names(onlyBefore) })} {onlyNow.length > 0 && t('changes.onlyNow', { sources: names(onlyNow) })}
      </span>
    </p>
  );
}

function Differences({ before, now }: { before: Answer; now: Answer }) {
  const { t } = useTranslation('history');
  const format = useFormat();
  const { appeared, gone, changed, unchanged } = useMemo(() => compareAnswers(before.works, now.works), [before, now]);
  const time = (answer: Answer) => format.date(answer.started_at, { dateStyle: 'medium', timeStyle: 'short' });
  const counts = { appeared: appeared.length, gone: gone.length, changed: changed.length, unchanged };
  return (
    <>
      <p>
        {t('changes.from')} {time(before)}, {t('changes.to')} {time(now)}
      </p>
      <Caution before={before} now={now} />
      <ul className={classes.summary}>
        {(['appeared', 'gone', 'changed', 'unchanged'] as const).map((kind) => (
          <li key={kind}>
            <strong>{format.number(counts[kind])}</strong> {t(`changes.${kind}`, { count: counts[kind] })}
          </li>
        ))}
      </ul>
      <ChangeList title={t('changes.appearedTitle')} items={appeared}>
        {({ work, place }) => <WorkLine key={work.id} work={work} place={place} />}
      </ChangeList>
      <ChangeList title={t('changes.goneTitle')} items={gone}>
        {({ work, place }) => <WorkLine key={work.id} work={work} place={place} />}
      </ChangeList>
      <ChangeList title={t('changes.changedTitle')} items={changed}>
        {({ work, from, to, isMoved, details }) => (
          <WorkLine key={work.id} work={work} place={isMoved ? t('changes.moved', { from, to }) : to}>
            {details.length > 0 && <p className={classes.details}>{format.list(details.map((detail) => t(`detail.${detail}`)))}</p>}
          </WorkLine>
        )}
      </ChangeList>
    </>
  );
}

/** What is new, gone and changed between two runs of a question, from the earlier to the later. */
export function Changes({ entry, other }: { entry: Entry; other: Entry }) {
  const [earlier, later] = other.created_at < entry.created_at ? [other, entry] : [entry, other];
  const [before, now] = useQueries({ queries: [answerQuery(earlier.id), answerQuery(later.id)] });
  return (
    // The first that does not come says why.
    <Loaded query={before.data && !before.isError ? now : before}>{() => before.data && now.data && <Differences before={before.data} now={now.data} />}</Loaded>
  );
}
