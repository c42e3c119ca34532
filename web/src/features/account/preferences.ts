import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { say } from '@/components/ui/sayings';
import { api, take, type Schema } from '@/lib/api';
import { stream } from '@/lib/stream';

/** What one can set, with what holds where nothing is said. */
function settable(view: Schema<'PreferencesView'>) {
  const { email_digest = false, search_alerts = false, weekly_summary = false } = view.notification_settings ?? {};
  const { anonymous_analytics = true, share_popular_searches = false, retention_opt_out = false } = view.privacy_settings ?? {};
  return {
    auto_save_searches: view.auto_save_searches ?? true,
    default_sources: view.default_sources ?? null,
    notification_settings: { email_digest, search_alerts, weekly_summary },
    preferred_result_format: view.preferred_result_format ?? 'detailed',
    privacy_settings: { anonymous_analytics, share_popular_searches, retention_opt_out },
    search_history_retention_days: view.search_history_retention_days ?? 365,
  };
}

type Preferences = ReturnType<typeof settable>;

const whole = (view: Schema<'PreferencesView'>) => ({ ...settable(view), effective_retention_days: view.effective_retention_days });

export const preferencesQuery = queryOptions({ queryKey: ['preferences'], queryFn: async () => whole(await take(api.GET('/api/v1/user/preferences'))) });

/** Changes some preferences; the others are sent along, since what is missing would become what it is by default. */
export function useSetPreferences() {
  const { t } = useTranslation('account');
  const queryClient = useQueryClient();
  const { queryKey } = preferencesQuery;
  return useMutation({
    // One after the other: each builds on what the one before has set.
    scope: { id: 'preferences' },
    mutationFn: async (changes: Partial<Preferences>) => {
      const body = { ...settable(await take(api.GET('/api/v1/user/preferences'))), ...changes };
      return whole(await take(api.PUT('/api/v1/user/preferences', { body })));
    },
    onSuccess: (preferences) => {
      queryClient.setQueryData(queryKey, preferences);
      say(t('saved'));
    },
  });
}

/** What is changed in another tab or on another device shows here. */
export function usePreferencesFollowed() {
  const queryClient = useQueryClient();
  useEffect(() => stream.on('preferences_updated', () => void queryClient.invalidateQueries({ queryKey: preferencesQuery.queryKey })), [queryClient]);
}
