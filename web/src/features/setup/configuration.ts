import { queryOptions, type UseQueryResult } from '@tanstack/react-query';

import { api, take, type Schema } from '@/lib/api';

/** What the installation is set to; an error for whoever does not operate it. */
export const configurationQuery = queryOptions({
  queryKey: ['setup', 'configuration'],
  queryFn: () => take(api.GET('/api/v1/admin/config')),
  retry: false,
});

/** Who asks; an error where nobody has signed in and somebody would have to. */
export const visitorQuery = queryOptions({
  queryKey: ['setup', 'visitor'],
  queryFn: () => take(api.GET('/api/v1/auth/me')),
  retry: false,
});

export const readinessQuery = queryOptions({ queryKey: ['setup', 'sources'], queryFn: () => take(api.GET('/api/v1/sources')) });

/** The value of a setting as it stands in the configuration; nothing where it has none. */
export function valueOf({ data }: UseQueryResult<Schema<'Settings'>>, name: string): string | undefined {
  const value: unknown = data?.settings.find(({ setting }) => setting === name)?.value;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A text as TOML writes it. */
export const quoted = (text: string) => JSON.stringify(text);
