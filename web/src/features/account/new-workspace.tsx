import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { fieldError, FormProblem, isOfField } from '@/components/form-problem';
import form from '@/components/ui/form.module.css';
import { api, take } from '@/lib/api';
import { workspacesQuery } from '@/lib/workspaces';

/** Making a workspace, of which one is the first admin. */
export function NewWorkspace({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['account', 'shell']);
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const making = useMutation({
    mutationFn: () => take(api.POST('/api/v1/workspaces', { body: { name } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('workspaces.make')} closeButtonProps={{ 'aria-label': t('shell:close') }}>
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          making.mutate();
        }}
      >
        <TextInput
          label={t('workspaces.name')}
          value={name}
          maxLength={100}
          required
          withAsterisk={false}
          data-autofocus
          error={fieldError(making.error, 'name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {!isOfField(making.error, ['name']) && <FormProblem error={making.error} />}
        <div className={form.buttons}>
          <Button type="submit" loading={making.isPending}>
            {t('workspaces.make')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('shell:cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
