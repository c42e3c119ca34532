import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';

import { api, take } from '@/lib/api';
import { stream } from '@/lib/stream';

/** When the account that has just signed in is to be deleted: until that is taken back, nothing else can be done with it. */
async function isLeaving(): Promise<boolean> {
  const deletion = await take(api.GET('/api/v1/user/delete')).catch(() => undefined);
  return deletion?.deletion_due_at != null;
}

/** Somebody has signed in: forgets what was known of who was here before, and leads them to where they wanted to go. */
export function useArrive() {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return async (destination: string) => {
    stream.close();
    queryClient.clear();
    await navigate({ href: (await isLeaving()) ? '/account/privacy' : destination, replace: true });
  };
}
