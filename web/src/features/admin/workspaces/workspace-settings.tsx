import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Loaded } from '@/components/loaded';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { api, take, type Schema } from '@/lib/api';
import { sourcesQuery } from '@/lib/sources';

import { Limits } from './limits';
import { halfSaid, INVITERS, settingsOf, typed } from './settings-form';
import classes from './workspaces.module.css';

/** What is set of a workspace; what is left empty is as the configuration of the installation says. */
export function WorkspaceSettings({ workspace }: { workspace: Schema<'WorkspaceView'> }) {
  const { t } = useTranslation('admin');
  const queryClient = useQueryClient();
  const sources = useQuery(sourcesQuery);
  const [form, setForm] = useState(() => typed(workspace.settings));
  const half = halfSaid(form);
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => take(api.PUT('/api/v1/workspaces/{id}/settings', { params: { path: { id: workspace.id } }, body: settingsOf(form) })),
    onSuccess: async () => {
      say(t('workspace.saved'));
      await queryClient.invalidateQueries({ queryKey: ['admin', 'workspace', workspace.id] });
    },
  });
  return (
    <Section title={t('workspace.settings')} level={3} lead={t('workspace.settingsLead')}>
      <form
        className={classes.settings}
        onSubmit={(event) => {
          event.preventDefault();
          if (half.length === 0) mutate();
        }}
      >
        <TextInput
          label={t('workspace.retention')}
          description={t('workspace.retentionText')}
          type="number"
          min={0}
          value={form.retention}
          onChange={(event) => setForm({ ...form, retention: event.currentTarget.value })}
        />
        <NativeSelect
          label={t('workspace.invites')}
          value={form.invites}
          data={INVITERS.map((role) => ({ value: role, label: t(`workspace.invitesFrom.${role}`) }))}
          onChange={(event) => setForm({ ...form, invites: event.currentTarget.value })}
        />
        <fieldset>
          <legend>{t('workspace.sources')}</legend>
          <p className={classes.hint}>{t('workspace.sourcesText')}</p>
          <Loaded query={sources}>
            {({ sources }) => (
              <div className={classes.choices}>
                {sources.map(({ id, label }) => (
                  <Checkbox
                    key={id}
                    label={label}
                    checked={form.sources.includes(id)}
                    onChange={(event) => setForm({ ...form, sources: event.currentTarget.checked ? [...form.sources, id] : form.sources.filter((each) => each !== id) })}
                  />
                ))}
              </div>
            )}
          </Loaded>
        </fieldset>
        <Limits limits={form.limits} half={half} onChange={(limits) => setForm({ ...form, limits })} />
        {error && <Failure error={error} />}
        <div>
          <Button type="submit" loading={isPending}>
            {t('workspace.save')}
          </Button>
        </div>
      </form>
    </Section>
  );
}
