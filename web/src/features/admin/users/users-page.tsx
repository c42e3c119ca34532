import { Anchor, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Empty } from '@/components/ui/empty';
import type { Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';
import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import type { Schema } from '@/lib/api';

import { ChoiceFilter, FilterBar, TextFilter } from '../filters';
import { PagedRecords } from '../paged-records';
import { ROLES } from '../roles';
import { useFilters } from '../use-filters';
import { askForUsers } from './api';

type User = Schema<'AdminUser'>;

function useColumns(): Column<User>[] {
  const { t } = useTranslation('admin');
  return [
    {
      key: 'name',
      head: t('users.name'),
      cell: (user) => (
        <>
          <Anchor inherit fw={600} renderRoot={(props) => <Link to="/admin/users/$id" params={{ id: user.id }} {...props} />}>
            {user.username}
          </Anchor>
          <Text size="sm" c="dimmed">
            {user.name}
          </Text>
        </>
      ),
    },
    { key: 'email', head: t('users.email'), cell: (user) => user.email ?? t('users.noEmail') },
    { key: 'role', head: t('users.role'), cell: (user) => t(`role.${user.role}`) },
    {
      key: 'state',
      head: t('users.state'),
      cell: (user) => <StateWord tone={user.is_active ? 'good' : 'bad'}>{t(user.is_active ? 'users.active' : 'users.inactive')}</StateWord>,
    },
    { key: 'seen', head: t('users.seen'), cell: (user) => (user.last_seen_at == null ? t('users.never') : <Time at={user.last_seen_at} />) },
    { key: 'since', head: t('users.since'), cell: (user) => <Time at={user.created_at} /> },
  ];
}

/** The people, and who they are: whoever operates the installation sees all of them, others those of their workspace. */
export function UsersPage() {
  const { t } = useTranslation('admin');
  const [filters] = useFilters();
  const columns = useColumns();
  return (
    <Section title={t('users.title')} lead={t('users.lead')}>
      <FilterBar names={['q', 'role', 'active', 'seen']}>
        <TextFilter name="q" label={t('users.find')} />
        <ChoiceFilter name="role" label={t('users.role')} choices={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))} />
        <ChoiceFilter
          name="active"
          label={t('users.state')}
          choices={[
            { value: 'true', label: t('users.active') },
            { value: 'false', label: t('users.inactive') },
          ]}
        />
        <ChoiceFilter name="seen" label={t('users.seen')} choices={['1', '7', '30'].map((days) => ({ value: days, label: t('users.seenWithin', { count: Number(days) }) }))} />
      </FilterBar>
      <PagedRecords
        caption={t('users.title')}
        queryKey={['users', filters]}
        page={(after) => askForUsers(filters, after)}
        rows={(page) => page.users}
        rowKey={(user) => user.id}
        columns={columns}
        empty={<Empty title={t('users.none')}>{t('users.noneText')}</Empty>}
      />
    </Section>
  );
}
