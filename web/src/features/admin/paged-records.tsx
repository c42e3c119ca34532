import { Button, Group, Text } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Records, type Column } from '@/components/ui/records';

type Page = { next?: string | number | null };

type Props<P extends Page, Row> = {
  caption: string;
  queryKey: unknown[];
  /** Asks for the page after this one; for the first without it. */
  page: (after: string | undefined) => Promise<P>;
  rows: (page: P) => Row[];
  rowKey: (row: Row) => string | number;
  columns: Column<Row>[];
  empty: ReactNode;
  /** Asks again every so many milliseconds, when there is a reason to. */
  refetchInterval?: (rows: Row[]) => number | false;
};

/** A long list, page by page: what is there, the way to more, and what there is to say when it is empty or does not come. */
export function PagedRecords<P extends Page, Row>({ caption, queryKey, page, rows, rowKey, columns, empty, refetchInterval }: Props<P, Row>) {
  const { t } = useTranslation('admin');
  const query = useInfiniteQuery({
    queryKey: ['admin', ...queryKey],
    queryFn: ({ pageParam }) => page(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last.next == null ? undefined : String(last.next)),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => refetchInterval?.((state.data?.pages ?? []).flatMap(rows)) ?? false,
  });
  const all = (query.data?.pages ?? []).flatMap(rows);
  return (
    <>
      <Loaded query={query} lines={6}>{() => (all.length === 0 ? empty : <Records caption={caption} columns={columns} rows={all} rowKey={rowKey} />)}</Loaded>
      {all.length > 0 && (
        <Group justify="center" mt="md" gap="md">
          <Text size="sm" c="dimmed">
            {t('paged.shown', { count: all.length })}
          </Text>
          {query.hasNextPage && (
            <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t('paged.more')}
            </Button>
          )}
        </Group>
      )}
    </>
  );
}
