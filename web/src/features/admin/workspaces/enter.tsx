import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { say } from '@/components/ui/sayings';
import { api, take } from '@/lib/api';

/** Takes the session into a workspace: all that the page shows is of there then. */
export function Enter({ id, name }: { id: string; name: string }) {
  const { t } = useTranslation('admin');
  const queryClient = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => take(api.POST('/api/v1/workspaces/{id}/enter', { params: { path: { id } } })),
    onSuccess: async () => {
      say(t('workspaces.entered', { name }));
      await queryClient.resetQueries();
    },
  });
  return (
    <div>
      <Button size="compact-sm" variant="default" loading={isPending} onClick={() => mutate()}>
        {t('workspaces.enter')}
      </Button>
      {error && <Failure error={error} />}
    </div>
  );
}
