import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import classes from './filters.module.css';
import { useFilters, type Filters } from './use-filters';

const TYPED = 300;

/** What a list can be narrowed by, and a way back to all of it. */
export function FilterBar({ names, children }: { names: string[]; children: ReactNode }) {
  const { t } = useTranslation('admin');
  const [filters, change] = useFilters();
  const none: Filters = Object.fromEntries(names.map((name) => [name, undefined]));
  return (
    <search className={classes.bar} aria-label={t('filter.label')}>
      {children}
      {names.some((name) => filters[name] !== undefined) && (
        <Button size="sm" variant="subtle" onClick={() => change(none)}>
          {t('filter.clear')}
        </Button>
      )}
    </search>
  );
}

type Choice = { value: string; label: string };

/** One of several, or all. */
export function ChoiceFilter({ name, label, choices }: { name: string; label: string; choices: Choice[] }) {
  const { t } = useTranslation('admin');
  const [filters, change] = useFilters();
  const chosen = filters[name] ?? '';
  // What an address says that is on no list is shown as it is.
  const odd = choices.some(({ value }) => value === chosen) || chosen === '' ? [] : [{ value: chosen, label: chosen }];
  return (
    <NativeSelect
      label={label}
      value={chosen}
      data={[{ value: '', label: t('filter.all') }, ...choices, ...odd]}
      onChange={(event) => change({ [name]: event.currentTarget.value || undefined })}
    />
  );
}

/** A text to look for; asked for once it is typed. */
export function TextFilter({ name, label, type }: { name: string; label: string; type?: 'search' | 'date' }) {
  const [filters, change] = useFilters();
  const settled = filters[name] ?? '';
  const [typed, setTyped] = useState<string>();
  const settle = useDebouncedCallback((text: string) => {
    change({ [name]: text || undefined });
    setTyped(undefined);
  }, TYPED);
  return (
    <TextInput
      label={label}
      type={type ?? 'search'}
      value={typed ?? settled}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        settle(event.currentTarget.value);
      }}
    />
  );
}
