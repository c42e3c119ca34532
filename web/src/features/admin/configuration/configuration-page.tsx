import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Records, type Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';
import { StateWord } from '@/components/ui/state-word';
import { api, take, type Schema } from '@/lib/api';

import { ChoiceFilter, FilterBar, TextFilter } from '../filters';
import { useFilters, type Filters } from '../use-filters';

type Setting = Schema<'EffectiveSetting'>;

const DEFAULT = 'default';

/** The part of the configuration that a setting stands in: `server` of `server.listen`. */
const partOf = ({ setting }: Setting) => setting.split('.')[0] ?? setting;

function suits(setting: Setting, { q = '', origin }: Filters): boolean {
  const isFound = `${setting.setting} ${JSON.stringify(setting.value)}`.toLowerCase().includes(q.toLowerCase());
  const isOfOrigin = origin === undefined || (setting.origin === DEFAULT) === (origin === DEFAULT);
  return isFound && isOfOrigin;
}

function useColumns(): Column<Setting>[] {
  const { t } = useTranslation('admin');
  return [
    { key: 'setting', head: t('configuration.setting'), cell: ({ setting }) => <code>{setting}</code> },
    { key: 'value', head: t('configuration.value'), cell: ({ value }) => <code>{JSON.stringify(value)}</code> },
    {
      key: 'origin',
      head: t('configuration.origin'),
      cell: ({ origin }) => (origin === DEFAULT ? <StateWord tone="quiet">{t('configuration.default')}</StateWord> : <code>{origin}</code>),
    },
  ];
}

/** What the installation is set to, and where each of it was given. */
export function ConfigurationPage() {
  const { t } = useTranslation('admin');
  const [filters] = useFilters();
  const columns = useColumns();
  const query = useQuery({ queryKey: ['admin', 'configuration'], queryFn: () => take(api.GET('/api/v1/admin/config')) });
  return (
    <Section title={t('configuration.title')} lead={t('configuration.lead')}>
      <FilterBar names={['q', 'origin']}>
        <TextFilter name="q" label={t('configuration.find')} />
        <ChoiceFilter
          name="origin"
          label={t('configuration.origin')}
          choices={[
            { value: 'given', label: t('configuration.given') },
            { value: DEFAULT, label: t('configuration.default') },
          ]}
        />
      </FilterBar>
      <Loaded query={query} lines={8}>
        {({ settings }) => {
          const found = settings.filter((setting) => suits(setting, filters));
          if (found.length === 0) return <Empty title={t('configuration.none')}>{t('configuration.noneText')}</Empty>;
          return [...Map.groupBy(found, partOf)].map(([part, settings]) => (
            <Section key={part} level={3} title={part}>
              <Records caption={part} columns={columns} rows={settings} rowKey={({ setting }) => setting} />
            </Section>
          ));
        }}
      </Loaded>
    </Section>
  );
}
