import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';
import { api, take } from '@/lib/api';
import { useMay } from '@/lib/me';

import { Members } from './members';
import { DeleteWorkspace, RenameWorkspace } from './workspace-actions';
import { WorkspaceSettings } from './workspace-settings';

/** One workspace: its people, what is set of it, and what can be done with the whole of it. */
export function WorkspacePage() {
  const { t } = useTranslation('admin');
  const { id = '' } = useParams({ strict: false });
  const maySet = useMay('tenant:update');
  const mayDelete = useMay('tenant:delete');
  const query = useQuery({
    queryKey: ['admin', 'workspace', id],
    queryFn: () => take(api.GET('/api/v1/workspaces/{id}', { params: { path: { id } } })),
  });
  const { data } = query;
  if (!data) {
    return (
      <Section title={t('workspace.title')}>
        <Loaded query={query} lines={8} />
      </Section>
    );
  }
  return (
    <>
      <Section title={data.name} lead={t('workspace.lead')} actions={maySet && <RenameWorkspace key={data.name} workspace={data} />}>
        <Members workspace={id} />
      </Section>
      {maySet && <WorkspaceSettings key={JSON.stringify(data.settings)} workspace={data} />}
      {mayDelete && <DeleteWorkspace workspace={data} />}
    </>
  );
}
