import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Facts } from '@/components/ui/facts';
import { Section } from '@/components/ui/section';
import { api, take } from '@/lib/api';
import { useFormat } from '@/lib/format';

/** What runs here, and how much it keeps. */
export function VersionsPage() {
  const { t } = useTranslation('admin');
  const { bytes, age, list, number } = useFormat();
  const query = useQuery({ queryKey: ['admin', 'health'], queryFn: () => take(api.GET('/api/v1/admin/system/health')) });
  const { data } = query;
  if (!data) {
    return (
      <Section title={t('versions.title')}>
        <Loaded query={query} lines={6} />
      </Section>
    );
  }
  const { versions, storage } = data;
  return (
    <>
      <Section title={t('versions.title')}>
        <Facts
          facts={[
            [t('versions.pake'), versions.pake],
            [t('versions.running'), age(data.uptime_seconds)],
            [t('versions.database'), `${versions.database_kind} ${versions.database}`],
            [t('versions.schema'), t('versions.migration', { number: number(versions.schema) })],
            [t('versions.capabilities'), list(data.health.capabilities)],
          ]}
        />
      </Section>
      <Section title={t('versions.storage')} level={3}>
        <Facts
          facts={[
            [t('versions.databaseBytes'), bytes(storage.database_bytes)],
            [t('versions.dataBytes'), bytes(storage.data_dir_bytes)],
            [t('versions.cacheBytes'), bytes(storage.cache_bytes)],
            [t('versions.freeBytes'), storage.disk_free_bytes == null ? '–' : bytes(storage.disk_free_bytes)],
          ]}
        />
      </Section>
    </>
  );
}
