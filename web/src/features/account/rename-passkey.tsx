import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { fieldError, FormProblem, isOfField } from '@/components/form-problem';
import form from '@/components/ui/form.module.css';
import { api, take, type Schema } from '@/lib/api';

import { useFactorsChanged } from './factors';

export function RenamePasskey({ passkey, onClose }: { passkey: Schema<'PasskeyView'>; onClose: () => void }) {
  const { t } = useTranslation(['account', 'shell']);
  const [name, setName] = useState(passkey.name);
  const changed = useFactorsChanged();
  const renaming = useMutation({
    mutationFn: () => take(api.PUT('/api/v1/auth/passkeys/{id}', { params: { path: { id: passkey.id } }, body: { name } })),
    onSuccess: async () => {
      await changed();
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('passkeys.renameThis', { name: passkey.name })} closeButtonProps={{ 'aria-label': t('shell:close') }}>
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          renaming.mutate();
        }}
      >
        <TextInput
          label={t('passkeys.name')}
          value={name}
          maxLength={100}
          required
          withAsterisk={false}
          data-autofocus
          error={fieldError(renaming.error, 'name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {!isOfField(renaming.error, ['name']) && <FormProblem error={renaming.error} />}
        <div className={form.buttons}>
          <Button type="submit" loading={renaming.isPending}>
            {t('passkeys.rename')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('shell:cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
