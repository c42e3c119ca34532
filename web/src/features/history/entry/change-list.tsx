import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

import classes from './entry.module.css';

type Props<T> = { title: string; items: T[]; children: (item: T) => ReactNode };

/** So many are shown before somebody asks for all. */
const SHOWN = 5;

/** Works of one kind of change; nothing where there are none. */
export function ChangeList<T>({ title, items, children }: Props<T>) {
  const { t } = useTranslation('history');
  const [isWhole, setWhole] = useState(false);
  if (items.length === 0) return null;
  return (
    <Section title={title} level={3}>
      <ul className={classes.works}>{(isWhole ? items : items.slice(0, SHOWN)).map(children)}</ul>
      {items.length > SHOWN && (
        <Button variant="subtle" size="compact-sm" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? t('changes.fewer') : t('changes.all', { count: items.length })}
        </Button>
      )}
    </Section>
  );
}
