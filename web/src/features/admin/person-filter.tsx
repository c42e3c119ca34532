import { useTranslation } from 'react-i18next';

import { ChoiceFilter } from './filters';
import { useName, useNames } from './person';
import { useFilters } from './use-filters';

/** Somebody of those whose names are known. */
export function PersonFilter({ name, label }: { name: string; label: string }) {
  const { t } = useTranslation('admin');
  const [filters] = useFilters();
  const { names } = useNames();
  const chosen = filters[name];
  const found = useName(chosen);
  const choices = [...names].map(([id, username]) => ({ value: id, label: username }));
  if (chosen !== undefined && !names.has(chosen)) choices.push({ value: chosen, label: found ?? t('person.unknown', { id: chosen.slice(-8) }) });
  return <ChoiceFilter name={name} label={label} choices={choices} />;
}
