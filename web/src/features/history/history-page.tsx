import { Button } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Loading } from '@/components/ui/loading';
import { Page } from '@/components/ui/page';

import { narrowedBy, type HistoryAddress } from './address';
import { historyQuery } from './api';
import { EntryList } from './entry-list';
import listClasses from './entry-list.module.css';
import { Filters } from './filters';
import { PageActions } from './page-actions';
import { useLiveList } from './use-live';

const route = getRouteApi('/shell/history');

/** Nothing is listed: because nothing was asked yet, or because of the filters. */
function Nothing({ isNarrowed, onClear }: { isNarrowed: boolean; onClear: () => void }) {
  const { t } = useTranslation('history');
  if (isNarrowed) {
    return (
      <Empty title={t('empty.filtered')} action={<Button onClick={onClear}>{t('filter.clear')}</Button>}>
        {t('empty.filteredText')}
      </Empty>
    );
  }
  return (
    <Empty title={t('empty.title')} action={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t('empty.search')}</Button>}>
      {t('empty.text')}
    </Empty>
  );
}

function Entries({ address, onClear }: { address: HistoryAddress; onClear: () => void }) {
  const { t } = useTranslation('history');
  const { waiting, show } = useLiveList();
  const list = useInfiniteQuery(historyQuery(address));
  const isNarrowed = narrowedBy(address) > 0 || address.q !== undefined;
  return (
    <>
      {waiting > 0 && (
        <div className={listClasses.fresh}>
          <Button size="compact-sm" leftSection={<IconArrowUp size={14} aria-hidden />} onClick={show}>
            {t('fresh', { count: waiting })}
          </Button>
        </div>
      )}
      <Loaded query={list} lines={8} height={40}>
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.entries);
          if (entries.length === 0) return <Nothing isNarrowed={isNarrowed} onClear={onClear} />;
          return <EntryList entries={entries} hasMore={list.hasNextPage && !list.isError} isLoadingMore={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />;
        }}
      </Loaded>
      {list.isFetchingNextPage && <Loading lines={2} height={40} />}
    </>
  );
}

/** Every search that was made, as the address says. */
export function HistoryPage() {
  const { t } = useTranslation('history');
  const address = route.useSearch();
  const navigate = route.useNavigate();
  const change = (change: Partial<HistoryAddress>) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const clear = () => void navigate({ search: { view: address.view } });
  return (
    <Page title={t('title')} actions={<PageActions />}>
      <Filters address={address} onChange={change} onClear={clear} />
      <Entries address={address} onClear={clear} />
    </Page>
  );
}
