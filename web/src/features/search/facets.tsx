import { Button, Checkbox } from '@mantine/core';
import { memo, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormat } from '@/lib/format';

import { FACETS, type FacetName, type Narrowing } from './address';
import { useSources } from './api';
import { countFacets, type FacetValue } from './arrange';
import classes from './facets.module.css';
import type { Work } from './progress';

const SHOWN = 6;

/** What a value is called. Venues and years are what they are. */
function useValueLabel() {
  const { t } = useTranslation('search');
  const { label } = useSources();
  return (facet: FacetName, value: string) => {
    if (facet === 'from') return label(value);
    if (facet === 'type') return t(`types.${value}` as 'types.article', { defaultValue: value });
    return facet === 'access' ? t(`facets.${value}` as 'facets.open', { defaultValue: value }) : value;
  };
}

type FacetProps = { facet: FacetName; values: FacetValue[]; chosen: string[]; onChoose: (chosen: string[]) => void };

function Facet({ facet, values, chosen, onChoose }: FacetProps) {
  const { t } = useTranslation('search');
  const format = useFormat();
  const labelOf = useValueLabel();
  const [isOpen, setOpen] = useState(false);
  const shown = isOpen ? values : values.filter((value, place) => place < SHOWN || chosen.includes(value.value));
  const toggle = (value: string) => onChoose(chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value]);
  if (values.length === 0) return null;
  return (
    <fieldset className={classes.facet}>
      <legend className={classes.legend}>{t(`facets.${facet}`)}</legend>
      {shown.map(({ value, count }) => (
        <Checkbox
          key={value}
          size="xs"
          classNames={{ body: classes.value, labelWrapper: classes.labelWrapper, label: classes.label }}
          checked={chosen.includes(value)}
          onChange={() => toggle(value)}
          label={
            <>
              <span className={classes.name}>{labelOf(facet, value)}</span>{' '}
              <span className={classes.count}>{format.number(count)}</span>
            </>
          }
        />
      ))}
      {values.length > shown.length && (
        <Button size="compact-xs" variant="subtle" onClick={() => setOpen(true)}>
          {t('facets.more', { count: values.length - shown.length, formatted: format.number(values.length - shown.length) })}
        </Button>
      )}
    </fieldset>
  );
}

type Props = { works: Work[]; narrowing: Narrowing; onNarrow: (narrowing: Narrowing) => void };

/** Narrows the list; the numbers say what each choice would show, and grow while sources answer. */
export const Facets = memo(function Facets({ works, narrowing, onNarrow }: Props) {
  const { t } = useTranslation('search');
  const counts = useMemo(() => countFacets(works, narrowing), [works, narrowing]);
  const isNarrow = FACETS.some((facet) => narrowing[facet].length > 0);
  return (
    <div className={classes.facets}>
      {isNarrow && (
        <Button size="compact-sm" variant="light" onClick={() => onNarrow({ from: [], year: [], type: [], access: [], venue: [] })}>
          {t('facets.clear')}
        </Button>
      )}
      {FACETS.map((facet) => (
        <Facet key={facet} facet={facet} values={counts[facet]} chosen={narrowing[facet]} onChoose={(chosen) => onNarrow({ ...narrowing, [facet]: chosen })} />
      ))}
    </div>
  );
});
