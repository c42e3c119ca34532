import { useTranslation } from 'react-i18next';

/** What may happen, as the server names it. */
export const EVENT_TYPES = [
  'account_deletion_asked',
  'account_deactivated',
  'account_erased',
  'account_locked',
  'data_exported',
  'factor_added',
  'factor_removed',
  'failed_sign_in',
  'identity_linked',
  'master_key_changed',
  'member_removed',
  'new_device',
  'password_changed',
  'password_reset',
  'recovery_codes_made',
  'refresh_token_reused',
  'role_changed',
  'role_change_refused',
  'token_created',
  'workspace_deleted',
] as const;
type Known = (typeof EVENT_TYPES)[number];

/** What happened, in words where they are known. */
export function useEventName(): (type: string) => string {
  const { t } = useTranslation('admin');
  return (type) => (EVENT_TYPES.some((known) => known === type) ? t(`securityEvents.types.${type as Known}`) : type);
}
