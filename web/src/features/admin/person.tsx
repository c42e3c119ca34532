import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { api, take } from '@/lib/api';

/** What people sign in with, by their ids: what the server tells of others has ids only. */
export function useNames(): Map<string, string> {
  const { data } = useQuery({
    queryKey: ['admin', 'names'],
    queryFn: () => take(api.GET('/api/v1/admin/users', { params: { query: { limit: 500 } } })),
    staleTime: 300_000,
    select: (page) => new Map(page.users.map((user) => [user.id, user.username])),
  });
  return data ?? new Map<string, string>();
}

/** Somebody, by name where it is known, with the way to their page. */
export function Person({ id, name }: { id: string | null | undefined; name?: string }) {
  const { t } = useTranslation('admin');
  const names = useNames();
  if (id == null) return <span>{t('person.nobody')}</span>;
  return (
    <Anchor inherit renderRoot={(props) => <Link to="/admin/users/$id" params={{ id }} {...props} />}>
      {name ?? names.get(id) ?? t('person.unknown', { id: id.slice(-8) })}
    </Anchor>
  );
}
