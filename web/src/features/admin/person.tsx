import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { api, take } from '@/lib/api';

const KEPT = 300_000;

/** What people sign in with, by their ids: what the server tells of others has ids only. Of very many, those that come first. */
export function useNames() {
  const { data } = useQuery({
    queryKey: ['admin', 'names'],
    queryFn: () => take(api.GET('/api/v1/admin/users', { params: { query: { limit: 500 } } })),
    staleTime: KEPT,
    select: (page) => ({ names: new Map(page.users.map((user) => [user.id, user.username])), hasMore: page.next != null }),
  });
  return data ?? { names: new Map<string, string>(), hasMore: false };
}

/** What somebody signs in with. Who is not among those that come first is asked for alone; nothing when there is nobody of this id. */
export function useName(id: string | null | undefined): string | undefined {
  const { names, hasMore } = useNames();
  const { data } = useQuery({
    queryKey: ['admin', 'names', id],
    queryFn: () => take(api.GET('/api/v1/admin/users/{id}', { params: { path: { id: id ?? '' } } })),
    enabled: id != null && hasMore && !names.has(id),
    retry: false,
    staleTime: KEPT,
  });
  return id == null ? undefined : (names.get(id) ?? data?.username);
}

/** Somebody, by name where it is known, with the way to their page. */
export function Person({ id, name }: { id: string | null | undefined; name?: string }) {
  const { t } = useTranslation('admin');
  const found = useName(name === undefined ? id : undefined);
  if (id == null) return <span>{t('person.nobody')}</span>;
  return (
    <Anchor inherit renderRoot={(props) => <Link to="/admin/users/$id" params={{ id }} {...props} />}>
      <bdi>{name ?? found ?? t('person.unknown', { id: id.slice(-8) })}</bdi>
    </Anchor>
  );
}
