import { ActionIcon, Button, NativeSelect } from '@mantine/core';
import { IconDots, IconLink, IconPlayerStop, IconStar, IconStarFilled } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useEffectEvent, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Menu } from '@/components/ui/menu';
import { say } from '@/components/ui/sayings';
import { Time } from '@/components/ui/time';
import { useFormat } from '@/lib/format';

import { shareLink, SORTS, type SearchAddress, type Sort } from './address';
import { useFavorite } from './api';
import { ExportMenu } from './export-menu';
import { isRunning, type Progress } from './progress';
import type { Run } from './run';
import classes from './toolbar.module.css';
import { isTyping } from './use-focus-keys';
import type { Selection } from './use-selection';

const Splits = lazy(() => import('./splits').then((module) => ({ default: module.Splits })));

type Props = {
  run: Run;
  progress: Progress;
  shown: number;
  address: SearchAddress;
  selection: Selection;
  onChange: (part: Partial<SearchAddress>, options?: { replace?: boolean }) => void;
  children: ReactNode;
};

/** What can be done with the whole answer. */
export function Toolbar({ run, progress, shown, address, selection, onChange, children }: Props) {
  const { t } = useTranslation('search');
  const format = useFormat();
  const [isSplitsOpen, setSplitsOpen] = useState(false);
  const favorite = useFavorite(run.id, progress.phase === 'completed' && !run.question.isPrivate);
  const save = () => {
    if (!favorite.canSave) return;
    favorite.setFavorite(!favorite.isFavorite);
    say(t(favorite.isFavorite ? 'toolbar.unsaved' : 'toolbar.saved'));
  };
  const heard = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === 's' && !event.metaKey && !event.ctrlKey && !event.altKey && !isTyping(event.target)) save();
  });
  useEffect(() => {
    document.addEventListener('keydown', heard);
    return () => document.removeEventListener('keydown', heard);
  }, []);
  const share = async () => {
    await navigator.clipboard.writeText(shareLink(address, window.location.origin));
    say(t('toolbar.shared'));
  };
  const total = progress.works.size;
  const numbers = { count: total, formatted: format.number(total), shown: format.number(shown), records: format.number(progress.counts?.retrieved ?? 0), took: format.duration(progress.tookMs ?? 0) };
  const summary = progress.counts ? t('toolbar.summary', numbers) : t('toolbar.soFar', numbers);
  return (
    <div className={classes.bar}>
      <p className={classes.summary}>
        {progress.keptAt !== undefined && (
          <strong>
            {t('toolbar.kept')} <Time at={progress.keptAt} />{' · '}
          </strong>
        )}
        {shown < total && progress.final ? t('toolbar.narrowed', numbers) : summary}</p>
      {isRunning(progress) && (
        <Button size="compact-sm" variant="default" leftSection={<IconPlayerStop size={14} aria-hidden />} onClick={() => void run.cancel()}>
          {t('toolbar.stop')}
        </Button>
      )}
      <div className={classes.tools}>
        {children}
        <NativeSelect
          size="xs"
          className={classes.sort}
          aria-label={t('sort.label')}
          value={address.sort ?? 'relevance'}
          data={SORTS.map((sort) => ({ value: sort, label: t(`sort.${sort}`) }))}
          onChange={(event) => onChange({ sort: event.currentTarget.value === 'relevance' ? undefined : (event.currentTarget.value as Sort) }, { replace: true })}
        />
        <ExportMenu run={run} progress={progress} selection={selection} />
        <ActionIcon variant="default" size="md" aria-pressed={favorite.isFavorite} aria-label={t('toolbar.save')} title={t('toolbar.save')} disabled={!favorite.canSave} onClick={save}>
          {favorite.isFavorite ? <IconStarFilled size={16} aria-hidden /> : <IconStar size={16} aria-hidden />}
        </ActionIcon>
        <ActionIcon className={classes.wide} variant="default" size="md" aria-label={t('toolbar.share')} title={t('toolbar.share')} onClick={() => void share()}>
          <IconLink size={16} aria-hidden />
        </ActionIcon>
        <Menu
          button={
            <ActionIcon variant="default" size="md" aria-label={t('toolbar.more')}>
              <IconDots size={16} aria-hidden />
            </ActionIcon>
          }
          withinPortal={false}
          entries={[
            { label: t('toolbar.share'), onSelect: () => void share() },
            { label: t('toolbar.anew'), onSelect: () => run.askAnew() },
            { label: t('toolbar.splits'), onSelect: () => setSplitsOpen(true) },
          ]}
        />
      </div>
      <Suspense>{isSplitsOpen && <Splits onClose={() => setSplitsOpen(false)} onAskAgain={() => run.askAnew()} />}</Suspense>
    </div>
  );
}
