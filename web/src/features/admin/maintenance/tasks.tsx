import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';
import { api, take, type Schema } from '@/lib/api';

import { CleanUp } from './clean-up';
import classes from './maintenance.module.css';
import { Task } from './task';

const PLAIN = ['backup_database', 'rebuild_indexes', 'clear_cache'] as const satisfies Schema<'MaintenanceAction'>[];

/** What is forgotten by itself, by the hour. */
function useSoonForgotten(): string | undefined {
  const { t } = useTranslation('admin');
  const { data } = useQuery({ queryKey: ['admin', 'retention'], queryFn: () => take(api.GET('/api/v1/admin/retention/preview')) });
  return data && t('maintenance.retention', { count: data.searches, people: data.people });
}

export function Tasks() {
  const { t } = useTranslation('admin');
  const soon = useSoonForgotten();
  return (
    <Section title={t('maintenance.title')} lead={t('maintenance.lead')}>
      <ul className={classes.tasks}>
        {PLAIN.map((action) => (
          <Task key={action} action={action} begin={() => take(api.POST('/api/v1/admin/maintenance', { body: { action } }))} />
        ))}
        <CleanUp soon={soon} />
      </ul>
    </Section>
  );
}
