import { IconQuote } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { Menu } from '@/components/ui/menu';
import { say } from '@/components/ui/sayings';

import type { Work } from './progress';

/** The styles by their own names. */
const STYLES = { apa: 'APA', mla: 'MLA', chicago: 'Chicago', harvard: 'Harvard', vancouver: 'Vancouver' } as const;

/** Copies a work as a line of a bibliography. */
export function CiteMenu({ work }: { work: Work }) {
  const { t } = useTranslation('search');
  const copy = async (style: keyof typeof STYLES) => {
    const { cite } = await import('./citations');
    const text = cite(work, style);
    await navigator.clipboard.writeText(text);
    say(t('card.cited', { style: STYLES[style], text }));
  };
  return (
    <Menu
      button={
        <button type="button">
          <IconQuote size={14} aria-hidden />
          {t('card.cite')}
        </button>
      }
      position="bottom-start"
      entries={(Object.keys(STYLES) as (keyof typeof STYLES)[]).map((style) => ({ label: STYLES[style], onSelect: () => void copy(style) }))}
    />
  );
}
