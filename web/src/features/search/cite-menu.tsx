import { Menu } from '@mantine/core';
import { IconQuote } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { say } from '@/components/ui/sayings';

import type { Work } from './progress';

/** The styles by their own names. */
const STYLES = { apa: 'APA', mla: 'MLA', chicago: 'Chicago', harvard: 'Harvard', vancouver: 'Vancouver' } as const;

/** Copies a work as a line of a bibliography. The menu is made when somebody wants it: there is one on each card. */
export function CiteMenu({ work }: { work: Work }) {
  const { t } = useTranslation('search');
  const [isWanted, setWanted] = useState(false);
  const copy = async (style: keyof typeof STYLES) => {
    const { cite } = await import('./citations');
    const text = cite(work, style);
    await navigator.clipboard.writeText(text);
    say(t('card.cited', { style: STYLES[style], text }));
  };
  const inside = (
    <>
      <IconQuote size={14} aria-hidden />
      {t('card.cite')}
    </>
  );
  if (!isWanted) {
    return (
      <button type="button" aria-haspopup="menu" aria-expanded={false} onClick={() => setWanted(true)}>
        {inside}
      </button>
    );
  }
  return (
    <Menu position="bottom-start" withinPortal defaultOpened>
      <Menu.Target>
        <button type="button">{inside}</button>
      </Menu.Target>
      <Menu.Dropdown aria-label={t('card.cite')}>
        {(Object.keys(STYLES) as (keyof typeof STYLES)[]).map((style) => (
          <Menu.Item key={style} onClick={() => void copy(style)}>
            {STYLES[style]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
