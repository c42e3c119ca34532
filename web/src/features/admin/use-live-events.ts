import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

import { stream } from '@/lib/stream';

/** Security events are on the page as soon as they happen. */
export function useLiveEvents(): void {
  const queryClient = useQueryClient();
  useEffect(
    () => stream.on('security_alert', () => void queryClient.invalidateQueries({ queryKey: ['admin', 'security-events'] })),
    [queryClient],
  );
}
