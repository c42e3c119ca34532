import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { Loaded } from '@/components/loaded';
import { Confirm } from '@/components/ui/confirm';
import { Section } from '@/components/ui/section';
import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';
import { useMay } from '@/lib/me';
import { useEnterWorkspace, workspacesQuery } from '@/lib/workspaces';

import { NewWorkspace } from './new-workspace';
import rows from './rows.module.css';

const ROLES = ['viewer', 'user', 'manager', 'admin', 'super_admin'] as const;

/** The workspaces that one is in: entering, leaving and making them. */
export function WorkspacesPart() {
  const { t } = useTranslation('account');
  const workspaces = useQuery(workspacesQuery);
  const mayMake = useMay('tenant:create');
  const [isNew, setNew] = useState(false);
  const [left, setLeft] = useState<Schema<'MyWorkspace'>>();
  const entering = useEnterWorkspace();
  const leaving = useMutation({
    mutationFn: (id: string) => take(api.POST('/api/v1/workspaces/{id}/leave', { params: { path: { id } } })),
    onSettled: () => {
      setLeft(undefined);
      return workspaces.refetch();
    },
  });
  const button = mayMake && (
    <Button size="compact-md" variant="default" onClick={() => setNew(true)}>
      {t('workspaces.make')}
    </Button>
  );
  const role = (name: string) => {
    const known = ROLES.find((each) => each === name);
    return known ? t(`role.${known}`) : name;
  };
  return (
    <Section title={t('workspaces.title')} lead={t('workspaces.lead')} actions={button}>
      <FormProblem error={entering.error ?? leaving.error} />
      <Loaded query={workspaces}>
        {({ workspaces }) => (
          <ul className={rows.rows}>
            {workspaces.map((workspace) => (
              <li key={workspace.id} className={rows.row}>
                <div className={rows.what}>
                  <span className={rows.name}>
                    {workspace.name}
                    {workspace.is_current && <StateWord tone="good">{t('workspaces.here')}</StateWord>}
                  </span>
                  <span className={rows.meta}>
                    <span>{role(workspace.role)}</span>
                    {/* Of whoever was there from the beginning it is not known. */}
                    {Date.parse(workspace.joined_at) > 0 && (
                      <span>
                        {t('workspaces.joined')} <Time at={workspace.joined_at} />
                      </span>
                    )}
                  </span>
                </div>
                <div className={rows.deeds}>
                  {!workspace.is_current && (
                    <Button
                      size="compact-sm"
                      loading={entering.isPending && entering.variables === workspace.id}
                      aria-label={t('workspaces.enterThis', { name: workspace.name })}
                      onClick={() => entering.mutate(workspace.id)}
                    >
                      {t('workspaces.enter')}
                    </Button>
                  )}
                  {!workspace.is_current && (
                    <Button size="compact-sm" variant="default" aria-label={t('workspaces.leaveThis', { name: workspace.name })} onClick={() => setLeft(workspace)}>
                      {t('workspaces.leave')}
                    </Button>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {isNew && <NewWorkspace onClose={() => setNew(false)} />}
      <Confirm
        isOpen={left !== undefined}
        onClose={() => setLeft(undefined)}
        title={t('workspaces.leaveThis', { name: left?.name ?? '' })}
        deed={t('workspaces.leave')}
        isBusy={leaving.isPending}
        onConfirm={() => {
          if (left) leaving.mutate(left.id);
        }}
      >
        {t('workspaces.leaveText')}
      </Confirm>
    </Section>
  );
}
