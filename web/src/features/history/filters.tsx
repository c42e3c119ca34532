import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks';
import { IconAdjustmentsHorizontal, IconSearch, IconStar, IconStarFilled } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { narrowedBy, type HistoryAddress } from './address';
import classes from './filters.module.css';
import { MoreFilters } from './more-filters';

export type SetFilters = (change: Partial<HistoryAddress>) => void;
type Props = { address: HistoryAddress; onChange: SetFilters; onClear: () => void };

/** As long as somebody types, nothing is asked. */
const TYPING = 250;

/** The words that are looked for: the address follows what is typed, and what is typed follows the address. */
function Words({ address, onChange }: Omit<Props, 'onClear'>) {
  const { t } = useTranslation('history');
  const [text, setText] = useState(address.q ?? '');
  const [seen, setSeen] = useState(address.q);
  if (seen !== address.q) {
    setSeen(address.q);
    if ((address.q ?? '') !== text.trim()) setText(address.q ?? '');
  }
  const tell = useDebouncedCallback((words: string) => onChange({ q: words.trim() === '' ? undefined : words.trim() }), TYPING);
  return (
    <TextInput
      type="search"
      className={classes.words}
      aria-label={t('filter.words')}
      placeholder={t('filter.words')}
      leftSection={<IconSearch size={16} aria-hidden />}
      maxLength={1000}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tell(event.currentTarget.value);
      }}
    />
  );
}

/** Which searches are listed, and in which order. */
export function Filters({ address, onChange, onClear }: Props) {
  const { t } = useTranslation('history');
  const [isOpen, setOpen] = useState(false);
  // Where there is little room they are behind a button (filters.module.css), and not there before it is pressed.
  const isNarrow = useMediaQuery('(width < 48em)', false, { getInitialValueInEffect: false });
  const panel = useId();
  const count = narrowedBy(address);
  const onlyFavorites = address.favorites === '1';
  return (
    <div role="search" className={classes.filters}>
      <div className={classes.first}>
        <Words address={address} onChange={onChange} />
        <NativeSelect
          aria-label={t('filter.view')}
          value={address.view ?? 'recent'}
          onChange={(event) => onChange({ view: event.currentTarget.value === 'popular' ? 'popular' : undefined })}
          data={[
            { value: 'recent', label: t('filter.recent') },
            { value: 'popular', label: t('filter.popular') },
          ]}
        />
        <Button
          variant={onlyFavorites ? 'light' : 'default'}
          aria-pressed={onlyFavorites}
          leftSection={onlyFavorites ? <IconStarFilled size={16} aria-hidden /> : <IconStar size={16} aria-hidden />}
          onClick={() => onChange({ favorites: onlyFavorites ? undefined : '1' })}
        >
          {t('filter.favorites')}
        </Button>
        <Button
          variant="default"
          className={classes.toggle}
          aria-expanded={isOpen}
          aria-controls={panel}
          leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden />}
          onClick={() => setOpen(!isOpen)}
        >
          {count > 0 ? t('filter.moreSet', { count }) : t('filter.more')}
        </Button>
      </div>
      <div id={panel} className={classes.panel} data-open={isOpen || undefined}>
        {(isOpen || !isNarrow) && <MoreFilters address={address} onChange={onChange} />}
        {(count > 0 || address.q !== undefined) && (
          <Button variant="subtle" size="compact-sm" onClick={onClear}>
            {t('filter.clear')}
          </Button>
        )}
      </div>
    </div>
  );
}
