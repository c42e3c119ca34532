import { VisuallyHidden } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormat } from '@/lib/format';

import { isRunning, type Progress } from './progress';
import { SourceChip } from './source-chip';
import classes from './source-chips.module.css';

/** How often those who hear the page are told of it. */
const TOLD_EVERY = 2_000;

/** How far the search is, in a sentence. */
function useSentence(progress: Progress): string {
  const { t } = useTranslation('search');
  const format = useFormat();
  const works = { count: progress.works.size, formatted: format.number(progress.works.size) };
  const asked = progress.sources.filter((source) => source.state !== 'skipped');
  const done = asked.filter((source) => source.state !== 'waiting' && source.state !== 'asking');
  if (progress.phase === 'completed') {
    const failed = asked.filter((source) => source.state === 'failed').length;
    return failed === 0 ? t('told.completed', works) : t('told.partial', { ...works, failed: format.number(failed) });
  }
  if (progress.phase === 'cancelled' || progress.phase === 'lost') return t(`told.${progress.phase}`, works);
  return t('told.running', { ...works, done: format.number(done.length), asked: format.number(asked.length) });
}

/** Says the sentence to those who do not see the chips: not each time that it changes, and its end at once. */
function Told({ sentence, isEnd }: { sentence: string; isEnd: boolean }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSaid(sentence), isEnd ? 100 : TOLD_EVERY);
    return () => clearTimeout(timer);
  }, [sentence, isEnd]);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {said}
    </VisuallyHidden>
  );
}

/** Each source that is asked, and how it goes with it. */
export function SourceChips({ progress }: { progress: Progress }) {
  const { t } = useTranslation('search');
  const sentence = useSentence(progress);
  return (
    <>
      <ul className={classes.chips} aria-label={t('chips.label')}>
        {progress.sources.map((source) => (
          <li key={source.id}>
            <SourceChip source={source} />
          </li>
        ))}
      </ul>
      <Told sentence={sentence} isEnd={!isRunning(progress)} />
    </>
  );
}
