import { Button, Loader } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take, takeFile, type Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { saveFile } from '@/lib/save-file';

import rows from './rows.module.css';

const KEY = ['account', 'exports'];
const LOOK_EVERY = 2_000;
const STATES = ['waiting', 'ready', 'taken', 'expired'] as const;

/** An archive: being made, ready to be taken once, or gone. */
function ExportRow({ archive, onTaken }: { archive: Schema<'ExportView'>; onTaken: () => Promise<void> }) {
  const { t } = useTranslation('account');
  const format = useFormat();
  const taking = useMutation({ mutationFn: async (path: string) => saveFile(await takeFile(path)), onSettled: onTaken });
  const state = STATES.find((each) => each === archive.status);
  const { download } = archive;
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <span className={rows.name}>
          {state ? t(`export.state.${state}`) : archive.status}
          {state === 'waiting' && <Loader size="xs" aria-hidden />}
        </span>
        <span className={rows.meta}>
          <span>
            {t('export.asked')} <Time at={archive.created_at} />
          </span>
          {archive.bytes > 0 && <span>{format.bytes(archive.bytes)}</span>}
          {state === 'ready' && archive.expires_at != null && (
            <span>
              {t('export.until')} <Time at={archive.expires_at} />
            </span>
          )}
        </span>
        <FormProblem error={taking.error} />
      </div>
      {download != null && (
        <Button size="compact-md" loading={taking.isPending} onClick={() => taking.mutate(download)}>
          {t('export.take')}
        </Button>
      )}
    </li>
  );
}

/** All that is stored about one, as an archive that can be taken once. */
export function ExportPart() {
  const { t } = useTranslation('account');
  const queryClient = useQueryClient();
  const exports = useQuery({
    queryKey: KEY,
    queryFn: () => take(api.GET('/api/v1/user/export')),
    refetchInterval: ({ state }) => (state.data?.exports.some((archive) => archive.status === 'waiting') ? LOOK_EVERY : false),
  });
  const changed = () => queryClient.invalidateQueries({ queryKey: KEY });
  const asking = useMutation({ mutationFn: () => take(api.POST('/api/v1/user/export')), onSettled: changed });
  const isWaiting = exports.data?.exports.some((archive) => archive.status === 'waiting') ?? false;
  const button = (
    <Button size="compact-md" variant="default" loading={asking.isPending} disabled={isWaiting} onClick={() => asking.mutate()}>
      {t('export.ask')}
    </Button>
  );
  return (
    <Section level={3} title={t('export.title')} lead={t('export.lead')} actions={button}>
      <FormProblem error={asking.error} />
      <Loaded query={exports} lines={1}>
        {({ exports: archives }) => (
          <div role="status">
            {archives.length > 0 && (
              <ul className={rows.rows}>
                {archives.map((archive) => (
                  <ExportRow key={archive.id} archive={archive} onTaken={changed} />
                ))}
              </ul>
            )}
          </div>
        )}
      </Loaded>
    </Section>
  );
}
