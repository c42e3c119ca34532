import { Button, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { api, take, type Schema } from '@/lib/api';

import { ConfirmDialog } from '../confirm-dialog';

type Workspace = Schema<'WorkspaceView'>;

/** What is called something else, or is gone, is so everywhere in the page. */
function useForget() {
  const queryClient = useQueryClient();
  return () => Promise.all([queryClient.invalidateQueries({ queryKey: ['workspaces'] }), queryClient.invalidateQueries({ queryKey: ['admin'] })]);
}

export function RenameWorkspace({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('admin');
  const { t: shell } = useTranslation('shell');
  const forget = useForget();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState(workspace.name);
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => take(api.PUT('/api/v1/workspaces/{id}', { params: { path: { id: workspace.id } }, body: { name: name.trim() } })),
    onSuccess: async () => {
      setOpen(false);
      say(t('workspace.renamed'));
      await forget();
    },
  });
  return (
    <>
      <Button size="sm" variant="default" onClick={() => setOpen(true)}>
        {t('workspace.rename')}
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={t('workspace.renameTitle', { name: workspace.name })} closeButtonProps={{ 'aria-label': shell('close') }}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            mutate();
          }}
        >
          <Stack gap="sm">
            <TextInput label={t('workspaces.name')} required maxLength={100} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
            {error && <Failure error={error} />}
            <Button type="submit" loading={isPending} disabled={name.trim() === ''}>
              {t('workspace.rename')}
            </Button>
          </Stack>
        </form>
      </Modal>
    </>
  );
}

export function DeleteWorkspace({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('admin');
  const navigate = useNavigate();
  const forget = useForget();
  const [isAsked, setAsked] = useState(false);
  return (
    <Section title={t('workspace.delete')} level={3} lead={t('workspace.deleteLead')}>
      <Button variant="default" c="var(--bad)" onClick={() => setAsked(true)}>
        {t('workspace.deleteIt')}
      </Button>
      {isAsked && (
        <ConfirmDialog
          title={t('workspace.ask', { name: workspace.name })}
          label={t('workspace.deleteIt')}
          isDanger
          word={workspace.name}
          act={async ({ confirm }) => {
            await take(api.DELETE('/api/v1/workspaces/{id}', { params: { path: { id: workspace.id } }, body: { confirm } }));
            say(t('workspace.deleted', { name: workspace.name }));
            await navigate({ to: '/admin/workspaces' });
            await forget();
          }}
          onClose={() => setAsked(false)}
        >
          {t('workspace.askText')}
        </ConfirmDialog>
      )}
    </Section>
  );
}
