import { Checkbox, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';
import { sourcesQuery } from '@/lib/sources';

import rows from './rows.module.css';
import classes from './tokens.module.css';

type Props = { chosen: string[] | null | undefined; onSet: (sources: string[] | null) => void };

/** The sources that are asked when a question names none: the workspace's, or one's own choice. */
export function DefaultSources({ chosen, onSet }: Props) {
  const { t } = useTranslation('account');
  const sources = useQuery(sourcesQuery);
  const isOwn = chosen != null;
  return (
    <Section level={3} title={t('preferences.sources')} lead={t('preferences.sourcesLead')}>
      <Loaded query={sources} lines={3}>
        {({ sources }) => {
          const ready = sources.filter((source) => source.availability === 'ready');
          return (
            <div className={rows.switches}>
              <Switch label={t('preferences.ownSources')} checked={isOwn} onChange={(event) => onSet(event.currentTarget.checked ? ready.map(({ id }) => id) : null)} />
              {isOwn && (
                <Checkbox.Group
                  label={t('preferences.asked')}
                  value={chosen}
                  onChange={(value) => {
                    if (value.length > 0) onSet(value);
                  }}
                >
                  <div className={classes.scopes}>
                    {ready.map((source) => (
                      <Checkbox key={source.id} value={source.id} label={source.label} />
                    ))}
                  </div>
                </Checkbox.Group>
              )}
            </div>
          );
        }}
      </Loaded>
    </Section>
  );
}
