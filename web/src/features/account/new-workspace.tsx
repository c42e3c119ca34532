import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, take } from '@/lib/api';
import { workspacesQuery } from '@/lib/workspaces';

import { NameDialog } from './name-dialog';

/** Making a workspace, of which one is the first admin. */
export function NewWorkspace({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('account');
  const queryClient = useQueryClient();
  const save = async (name: string) => {
    await take(api.POST('/api/v1/workspaces', { body: { name } }));
    await queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey });
  };
  return <NameDialog title={t('workspaces.make')} label={t('workspaces.name')} deed={t('workspaces.make')} save={save} onClose={onClose} />;
}
