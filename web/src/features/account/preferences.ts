import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { say } from '@/components/ui/sayings';
import { api, take, type Schema } from '@/lib/api';
import { stream } from '@/lib/stream';

type Preferences = Schema<'Preferences'>;

export const preferencesQuery = queryOptions({
  queryKey: ['preferences'],
  queryFn: () => take(api.GET('/api/v1/user/preferences')),
});

/** What one has set, without what comes of it. */
function chosen(view: Schema<'PreferencesView'>): Preferences {
  const { auto_save_searches, default_sources, notification_settings, preferred_result_format, privacy_settings, search_history_retention_days } = view;
  return { auto_save_searches, default_sources, notification_settings, preferred_result_format, privacy_settings, search_history_retention_days };
}

/** Changes some preferences; the others are sent along, since what is missing would become what it is by default. */
export function useSetPreferences() {
  const { t } = useTranslation('account');
  const queryClient = useQueryClient();
  const { queryKey } = preferencesQuery;
  return useMutation({
    // One after the other: each builds on what the one before has set.
    scope: { id: 'preferences' },
    mutationFn: async (changes: Partial<Preferences>) => {
      const now = await take(api.GET('/api/v1/user/preferences'));
      return take(api.PUT('/api/v1/user/preferences', { body: { ...chosen(now), ...changes } }));
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
