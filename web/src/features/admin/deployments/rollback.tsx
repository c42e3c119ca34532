import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormDialog } from '@/components/form-dialog';
import { isOfField } from '@/components/form-problem';
import { PasswordField } from '@/components/ui/password-field';
import { say } from '@/components/ui/sayings';
import { api, take, type Schema } from '@/lib/api';

import { deploymentsQuery, short } from './api';
import classes from './deployments.module.css';

type Props = { from: Schema<'DeployedRelease'>; to: Schema<'DeployedRelease'> };

function RollbackDialog({ from, to, onClose }: Props & { onClose: () => void }) {
  const { t } = useTranslation('admin');
  const queryClient = useQueryClient();
  const [password, setPassword] = useState('');
  const ask = async () => {
    await take(api.POST('/api/v1/admin/deployments/rollback', { body: { release: to.deploy, password: password === '' ? null : password } }));
    say(t('deployments.rollback.asked'));
    await queryClient.invalidateQueries(deploymentsQuery);
  };
  return (
    <FormDialog title={t('deployments.rollback.title')} deed={t('deployments.rollback.deed')} isDanger fields={['password']} act={ask} onClose={onClose}>
      {(error) => (
        <>
          <p className={classes.text}>{t('deployments.rollback.text', { from: `${from.image} (${short(from.digest)})`, to: `${to.image} (${short(to.digest)})` })}</p>
          <p className={classes.text}>{t('deployments.rollback.data')}</p>
          <PasswordField
            label={t('deployments.rollback.password')}
            description={t('deployments.rollback.hint')}
            value={password}
            onChange={setPassword}
            error={isOfField(error, ['password']) && t(password === '' ? 'deployments.rollback.missing' : 'deployments.rollback.wrong')}
            data-autofocus
          />
        </>
      )}
    </FormDialog>
  );
}

/** Asks the machine's deployer to go back to what ran before. */
export function Rollback(props: Props) {
  const { t } = useTranslation('admin');
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <Button variant="default" c="var(--bad)" onClick={() => setAsked(true)}>
        {t('deployments.rollback.begin')}
      </Button>
      {isAsked && <RollbackDialog {...props} onClose={() => setAsked(false)} />}
    </>
  );
}
