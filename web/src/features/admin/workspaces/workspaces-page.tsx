import { Anchor, Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Loaded } from '@/components/loaded';
import { Records, type Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';
import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';
import { useMay } from '@/lib/me';

import { Enter } from './enter';
import classes from './workspaces.module.css';
import { roleNamed } from '../roles';

type Workspace = Schema<'MyWorkspace'>;

function useColumns(): Column<Workspace>[] {
  const { t } = useTranslation('admin');
  return [
    {
      key: 'name',
      head: t('workspaces.name'),
      cell: (workspace) => (
        <Anchor inherit fw={600} renderRoot={(props) => <Link to="/admin/workspaces/$id" params={{ id: workspace.id }} {...props} />}>
          {workspace.name}
        </Anchor>
      ),
    },
    { key: 'role', head: t('workspaces.role'), cell: (workspace) => t(`role.${roleNamed(workspace.role)}`) },
    { key: 'since', head: t('workspaces.since'), cell: (workspace) => <Time at={workspace.joined_at} /> },
    {
      key: 'enter',
      head: t('workspaces.state'),
      cell: (workspace) => (workspace.is_current ? <StateWord tone="good">{t('workspaces.current')}</StateWord> : <Enter id={workspace.id} name={workspace.name} />),
    },
  ];
}

function Make() {
  const { t } = useTranslation('admin');
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => take(api.POST('/api/v1/workspaces', { body: { name: name.trim() } })),
    onSuccess: async ({ id }) => {
      await queryClient.invalidateQueries({ queryKey: ['workspaces'] });
      await navigate({ to: '/admin/workspaces/$id', params: { id } });
    },
  });
  return (
    <Section title={t('workspaces.make')} lead={t('workspaces.makeLead')}>
      {error && <Failure error={error} />}
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <TextInput label={t('workspaces.name')} required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Button type="submit" loading={isPending} disabled={name.trim() === ''}>
          {t('workspaces.makeIt')}
        </Button>
      </form>
    </Section>
  );
}

/** The workspaces that one is in, the way into each, and to a new one. */
export function WorkspacesPage() {
  const { t } = useTranslation('admin');
  const mayMake = useMay('tenant:create');
  const columns = useColumns();
  const query = useQuery({ queryKey: ['workspaces', 'mine'], queryFn: () => take(api.GET('/api/v1/workspaces')) });
  return (
    <>
      <Section title={t('workspaces.title')} lead={t('workspaces.lead')}>
        <Loaded query={query}>{({ workspaces }) => <Records caption={t('workspaces.title')} columns={columns} rows={workspaces} rowKey={(workspace) => workspace.id} />}</Loaded>
      </Section>
      {mayMake && <Make />}
    </>
  );
}
