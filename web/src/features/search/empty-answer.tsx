import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { Empty } from '@/components/ui/empty';

import { FACETS } from './address';
import type { AnswerProps } from './answer';
import type { Progress } from './progress';

type Props = Pick<AnswerProps, 'narrowing' | 'onNarrow' | 'onAsk'> & { progress: Progress; isUnreadable?: boolean };

/** Nothing to show: why that may be, and what helps. */
export function EmptyAnswer({ progress, narrowing, onNarrow, onAsk, isUnreadable = false }: Props) {
  const { t } = useTranslation('search');
  if (isUnreadable) return <Empty title={t('empty.unreadable')}>{t('empty.unreadableText')}</Empty>;
  const isNarrow = FACETS.some((facet) => narrowing[facet].length > 0);
  if (isNarrow && progress.works.size > 0) {
    return (
      <Empty
        title={t('empty.narrow')}
        action={
          <Button size="compact-md" onClick={() => onNarrow({ from: [], year: [], type: [], access: [], venue: [] })}>
            {t('facets.clear')}
          </Button>
        }
      >
        {t('empty.narrowText')}
      </Empty>
    );
  }
  const hasFailed = progress.sources.some((source) => source.state === 'failed');
  return (
    <Empty
      title={t('empty.title')}
      action={
        <Button size="compact-md" variant="default" onClick={() => onAsk({ q: progress.understood, sources: undefined })}>
          {t('empty.allSources')}
        </Button>
      }
    >
      {t(hasFailed ? 'empty.failedText' : 'empty.text')}
    </Empty>
  );
}
