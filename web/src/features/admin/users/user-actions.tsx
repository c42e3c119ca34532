import { Button, Group } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { say } from '@/components/ui/sayings';
import type { Schema } from '@/lib/api';
import { useMe } from '@/lib/me';

import { ConfirmDialog } from '../confirm-dialog';
import { offered, type Action } from './actions';
import { actOnUser } from './api';

type Props = { user: Schema<'AdminUserDetail'>; onLink: (link: string) => void };

/** What can be done to somebody, each with its reason, which stands in the audit log. */
export function UserActions({ user, onLink }: Props) {
  const { t } = useTranslation('admin');
  const me = useMe();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Action>();
  const rules = offered(me, user);
  const rule = rules.find(({ action }) => action === asked);
  const act = async (action: Action, said: { reason: string; confirm: string }) => {
    const done = await actOnUser(user.id, { action, reason: said.reason, ...(said.confirm !== '' && { confirm: said.confirm }) });
    if (done.link != null) onLink(done.link);
    say(t(`users.done.${action}`, { name: user.username }));
    if (action === 'delete_user') {
      queryClient.removeQueries({ queryKey: ['admin', 'user', user.id] });
      await navigate({ to: '/admin/users' });
    }
    await queryClient.invalidateQueries({ queryKey: ['admin'] });
  };
  if (rules.length === 0) return null;
  return (
    <>
      <Group gap="xs">
        {rules.map(({ action, isDanger }) => (
          <Button key={action} size="sm" variant="default" {...(isDanger && { c: 'var(--bad)' })} onClick={() => setAsked(action)}>
            {t(`users.action.${action}`)}
          </Button>
        ))}
      </Group>
      {rule && (
        <ConfirmDialog
          key={rule.action}
          title={t(`users.ask.${rule.action}`, { name: user.username })}
          label={t(`users.action.${rule.action}`)}
          isDanger={rule.isDanger}
          word={rule.isFinal ? user.username : undefined}
          asksReason
          act={(said) => act(rule.action, said)}
          onClose={() => setAsked(undefined)}
        >
          {t(`users.askText.${rule.action}`)}
        </ConfirmDialog>
      )}
    </>
  );
}
