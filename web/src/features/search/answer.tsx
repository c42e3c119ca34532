import { memo, useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Loading } from '@/components/ui/loading';
import { ProblemError } from '@/lib/problem';

import type { Narrowing, SearchAddress } from './address';
import { EmptyAnswer } from './empty-answer';
import { Facets } from './facets';
import { FacetsDrawer } from './facets-drawer';
import { FreshNotice } from './fresh-notice';
import { wordsOf } from './highlight';
import { LostNotice } from './lost-notice';
import { isRunning, type Progress } from './progress';
import { Results } from './results';
import type { Run } from './run';
import classes from './search-page.module.css';
import { SourceChips } from './source-chips';
import { Toolbar } from './toolbar';
import { useSelection } from './use-selection';
import { useShown } from './use-shown';

export type AnswerProps = {
  run: Run;
  progress: Progress;
  address: SearchAddress;
  narrowing: Narrowing;
  onNarrow: (narrowing: Narrowing) => void;
  onChange: (part: Partial<SearchAddress>, options?: { replace?: boolean }) => void;
  onAsk: (ask: Pick<SearchAddress, 'q' | 'sources' | 'limit' | 'private'>) => void;
};

/** What came of a question, from the first source that is asked to the final order. */
export const Answer = memo(function Answer({ run, progress, address, narrowing, onNarrow, onChange, onAsk }: AnswerProps) {
  const { t } = useTranslation('search');
  const sort = address.sort ?? 'relevance';
  const shown = useShown(progress, narrowing, sort, run.key);
  const selection = useSelection();
  const words = useMemo(() => wordsOf(progress.understood ?? run.question.query), [progress.understood, run.question.query]);
  const all = useMemo(() => [...progress.works.values()], [progress.works]);
  const askAnew = useCallback(() => run.askAnew(), [run]);
  const showFresh = () => {
    shown.show();
    window.scrollTo({ top: 0 });
  };

  const isUnreadable = progress.error instanceof ProblemError && progress.error.code === 'invalid_query';
  if (progress.phase === 'failed' && !isUnreadable) return <Failure error={progress.error} onRetry={askAnew} />;
  if (isUnreadable) return <EmptyAnswer progress={progress} narrowing={narrowing} onNarrow={onNarrow} onAsk={onAsk} isUnreadable />;
  const isWaiting = all.length === 0 && isRunning(progress);
  const isLost = progress.phase === 'lost';
  const facets = <Facets works={all} narrowing={narrowing} onNarrow={onNarrow} />;
  return (
    <>
      <SourceChips progress={progress} />
      <Toolbar run={run} progress={progress} shown={shown.works.length + shown.fresh} address={address} selection={selection} onChange={onChange}>
        <FacetsDrawer chosen={Object.values(narrowing).flat().length}>{facets}</FacetsDrawer>
      </Toolbar>
      <div className={classes.columns}>
        <aside aria-label={t('facets.label')} className={classes.filters}>
          {facets}
        </aside>
        <div className={classes.results}>
          <FreshNotice shown={shown} isFinal={progress.final !== undefined} onShow={showFresh} />
          {isLost && <LostNotice hasWorks={all.length > 0} onAskAgain={askAnew} />}
          {isWaiting && <Loading lines={9} height={22} />}
          {!isWaiting && !(isLost && all.length === 0) && shown.works.length === 0 && shown.fresh === 0 && <EmptyAnswer progress={progress} narrowing={narrowing} onNarrow={onNarrow} onAsk={onAsk} />}
          <Results works={shown.works} words={words} searchId={run.id} isFinal={progress.final !== undefined} selected={selection.selected} onSelect={selection.toggle} onRead={shown.freeze} onAskAgain={askAnew} />
        </div>
      </div>
    </>
  );
});
