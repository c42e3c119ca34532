import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import type { Schema } from '@/lib/api';
import { stream, useStreamState } from '@/lib/stream';

/** Above this the reader has not begun to scroll, and a new entry on top moves nothing that is being read. */
const AT_THE_TOP = 120;

/** Keeps the list as the server has it. New searches wait to be shown while somebody reads further down. */
export function useLiveList() {
  const client = useQueryClient();
  const [waiting, setWaiting] = useState(0);
  useEffect(
    () =>
      stream.on('search_history_updated', ({ data }) => {
        if (data.action === 'recorded' && window.scrollY > AT_THE_TOP) setWaiting((before) => before + data.count);
        else void client.invalidateQueries({ queryKey: ['history'] });
      }),
    [client],
  );
  useMissed();
  const show = () => {
    setWaiting(0);
    void client.invalidateQueries({ queryKey: ['history'] });
    window.scrollTo({ top: 0 });
  };
  return { waiting, show };
}

/** Keeps one entry as the server has it. */
export function useLiveEntry(id: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const concerns = ({ search_ids: ids, count }: Schema<'HistoryUpdate'>) => ids.includes(id) || ids.length < count || count === 0;
    return stream.on('search_history_updated', ({ data }) => {
      if (concerns(data)) void client.invalidateQueries({ queryKey: ['history', 'entry', id] });
      void client.invalidateQueries({ queryKey: ['history', 'runs'] });
    });
  }, [client, id]);
  useMissed();
}

/** What was said while the connection was down is asked for once it is back. */
function useMissed(): void {
  const client = useQueryClient();
  const state = useStreamState();
  const wasLost = useRef(false);
  useEffect(() => {
    if (state === 'waiting') wasLost.current = true;
    if (state !== 'open' || !wasLost.current) return;
    wasLost.current = false;
    void client.invalidateQueries({ queryKey: ['history'] });
  }, [client, state]);
}
