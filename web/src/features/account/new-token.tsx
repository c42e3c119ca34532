import { Checkbox, Select, TextInput } from '@mantine/core';
import '@mantine/core/styles/Popover.layer.css';
import '@mantine/core/styles/ScrollArea.layer.css';
import '@mantine/core/styles/Combobox.layer.css';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormDialog } from '@/components/form-dialog';
import { fieldError } from '@/components/form-problem';
import { api, take, type Schema } from '@/lib/api';
import { useMe } from '@/lib/me';

import classes from './tokens.module.css';

/** For how many days; `0`: until it is taken back. */
const DAYS = [7, 30, 90, 365, 0];
const FIELDS = ['name', 'permissions', 'expires_in_days'];

/** Making an API token: nothing that its maker may not. */
export function NewToken({ onClose, onMade }: { onClose: () => void; onMade: (token: string) => void }) {
  const { t } = useTranslation('account');
  const me = useMe();
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const [permissions, setPermissions] = useState<string[]>(['search:read']);
  const make = async () => {
    const wanted = permissions as Schema<'Wanted'>['permissions'];
    const body = { name, permissions: wanted, expires_in_days: days === '0' ? null : Number(days) };
    onMade((await take(api.POST('/api/v1/auth/tokens', { body }))).token);
  };
  const expiries = DAYS.map((each) => ({ value: String(each), label: each === 0 ? t('tokens.forEver') : t('tokens.days', { count: each }) }));
  return (
    <FormDialog title={t('tokens.make')} deed={t('tokens.make')} isWide isReady={permissions.length > 0} fields={FIELDS} act={make} onClose={onClose}>
      {(error) => (
        <>
          <TextInput
            label={t('tokens.name')}
            description={t('tokens.nameHint')}
            value={name}
            maxLength={100}
            required
            withAsterisk={false}
            data-autofocus
            error={fieldError(error, 'name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select label={t('tokens.expiry')} data={expiries} value={days} allowDeselect={false} error={fieldError(error, 'expires_in_days')} onChange={(value) => setDays(value ?? '90')} />
          <Checkbox.Group label={t('tokens.scopes')} description={t('tokens.scopesHint')} value={permissions} onChange={setPermissions} error={fieldError(error, 'permissions')}>
            <div className={classes.scopes}>
              {me?.permissions.map((permission) => <Checkbox key={permission} value={permission} label={<code>{permission}</code>} />)}
            </div>
          </Checkbox.Group>
        </>
      )}
    </FormDialog>
  );
}
