import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { fieldError, FormProblem, isOfField } from '@/components/form-problem';
import form from '@/components/ui/form.module.css';

type Props = { title: string; label: string; deed: string; before?: string; save: (name: string) => Promise<unknown>; onClose: () => void };

/** Asks for a name, and closes when it is saved. */
export function NameDialog({ title, label, deed, before = '', save, onClose }: Props) {
  const { t } = useTranslation('shell');
  const [name, setName] = useState(before);
  const saving = useMutation({ mutationFn: () => save(name), onSuccess: onClose });
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <TextInput
          label={label}
          value={name}
          maxLength={100}
          required
          withAsterisk={false}
          data-autofocus
          error={fieldError(saving.error, 'name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {!isOfField(saving.error, ['name']) && <FormProblem error={saving.error} />}
        <div className={form.buttons}>
          <Button type="submit" loading={saving.isPending}>
            {deed}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
