import { useNavigate, useSearch } from '@tanstack/react-router';

export type Filters = Record<string, string | undefined>;

/** What is looked for stands in the address: it stays after a reload, can be sent to others, and back goes back. */
export function useFilters(): [Filters, (change: Filters) => void] {
  const filters: Filters = useSearch({ strict: false });
  const navigate = useNavigate();
  return [filters, (change) => void navigate({ to: '.', search: (before: Filters) => ({ ...before, ...change }), replace: true })];
}
