import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';
import { api, take, type Schema } from '@/lib/api';

import { CleanUp } from './clean-up';
import classes from './maintenance.module.css';
import { Task } from './task';

const PLAIN = ['backup_database', 'rebuild_indexes', 'clear_cache'] as const satisfies Schema<'MaintenanceAction'>[];

export function Tasks() {
  const { t } = useTranslation('admin');
  return (
    <Section title={t('maintenance.title')} lead={t('maintenance.lead')}>
      <ul className={classes.tasks}>
        {PLAIN.map((action) => (
          <Task key={action} action={action} begin={() => take(api.POST('/api/v1/admin/maintenance', { body: { action } }))} />
        ))}
        <CleanUp />
      </ul>
    </Section>
  );
}
