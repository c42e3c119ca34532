import { NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { sourcesQuery } from '@/lib/sources';

import { STATUSES, type HistoryAddress } from './address';
import { tagsQuery } from './api';
import type { SetFilters } from './filters';

type Props = { address: HistoryAddress; onChange: SetFilters };

/** Filters that are seldom wanted. */
export function MoreFilters({ address, onChange }: Props) {
  const { t } = useTranslation('history');
  const sources = useQuery(sourcesQuery).data?.sources ?? [];
  const tags = useQuery(tagsQuery).data?.tags ?? [];
  // A tag in the address that nothing has (any more) is still what is filtered by.
  const named = address.tag === undefined || tags.some(({ tag }) => tag === address.tag) ? tags : [{ tag: address.tag, count: 0 }, ...tags];
  const set = (name: keyof HistoryAddress) => (event: { currentTarget: { value: string } }) =>
    onChange({ [name]: event.currentTarget.value === '' ? undefined : event.currentTarget.value });
  return (
    <>
      <NativeSelect
        size="xs"
        label={t('filter.source')}
        value={address.source ?? ''}
        onChange={set('source')}
        data={[{ value: '', label: t('filter.any') }, ...sources.map(({ id, label }) => ({ value: id, label }))]}
      />
      <NativeSelect
        size="xs"
        label={t('filter.tag')}
        value={address.tag ?? ''}
        onChange={set('tag')}
        data={[{ value: '', label: t('filter.any') }, ...named.map(({ tag, count }) => ({ value: tag, label: t('filter.tagCount', { tag, count }) }))]}
      />
      <NativeSelect
        size="xs"
        label={t('filter.status')}
        value={address.status ?? ''}
        onChange={set('status')}
        data={[{ value: '', label: t('filter.any') }, ...STATUSES.map((status) => ({ value: status, label: t(`status.${status}`) }))]}
      />
      <TextInput size="xs" type="date" label={t('filter.from')} value={address.from ?? ''} max={address.until} onChange={set('from')} />
      <TextInput size="xs" type="date" label={t('filter.until')} value={address.until ?? ''} min={address.from} onChange={set('until')} />
      <TextInput
        size="xs"
        type="number"
        min={0}
        max={100}
        label={t('filter.minQuality')}
        value={address.minQuality ?? ''}
        onChange={set('minQuality')}
      />
      <TextInput
        size="xs"
        type="number"
        min={0}
        max={100}
        label={t('filter.maxQuality')}
        value={address.maxQuality ?? ''}
        onChange={set('maxQuality')}
      />
    </>
  );
}
