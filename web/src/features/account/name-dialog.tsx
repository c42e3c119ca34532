import { TextInput } from '@mantine/core';
import { useState } from 'react';

import { FormDialog } from '@/components/form-dialog';
import { fieldError } from '@/components/form-problem';

type Props = { title: string; label: string; deed: string; before?: string; save: (name: string) => Promise<unknown>; onClose: () => void };

/** Asks for a name, and closes when it is saved. */
export function NameDialog({ title, label, deed, before = '', save, onClose }: Props) {
  const [name, setName] = useState(before);
  return (
    <FormDialog title={title} deed={deed} fields={['name']} act={() => save(name)} onClose={onClose}>
      {(error) => (
        <TextInput label={label} value={name} maxLength={100} required withAsterisk={false} data-autofocus error={fieldError(error, 'name')} onChange={(event) => setName(event.currentTarget.value)} />
      )}
    </FormDialog>
  );
}
