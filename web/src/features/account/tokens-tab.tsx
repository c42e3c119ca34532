import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { Loaded } from '@/components/loaded';
import { Confirm } from '@/components/ui/confirm';
import { Empty } from '@/components/ui/empty';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { api, take, type Schema } from '@/lib/api';
import { useMe } from '@/lib/me';

import { FreshToken } from './fresh-token';
import { NewToken } from './new-token';
import rows from './rows.module.css';
import { TokenRow } from './token-row';

const KEY = ['account', 'tokens'];

/** API tokens: for programs, each with what it may do and until when. */
export function TokensTab() {
  const { t } = useTranslation('account');
  const me = useMe();
  const queryClient = useQueryClient();
  const [isNew, setNew] = useState(false);
  const [fresh, setFresh] = useState<string>();
  const [doomed, setDoomed] = useState<Schema<'TokenView'>>();
  const tokens = useQuery({ queryKey: KEY, queryFn: () => take(api.GET('/api/v1/auth/tokens')) });
  const changed = () => queryClient.invalidateQueries({ queryKey: KEY });
  const revoking = useMutation({
    mutationFn: (id: string) => take(api.DELETE('/api/v1/auth/tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => say(t('tokens.revoked')),
    onSettled: () => {
      setDoomed(undefined);
      return changed();
    },
  });
  if (me?.session_id === null) return <Section title={t('tokens.title')} lead={t('open')} />;
  const button = (
    <Button size="compact-md" onClick={() => setNew(true)}>
      {t('tokens.make')}
    </Button>
  );
  return (
    <Section title={t('tokens.title')} lead={t('tokens.lead')} actions={tokens.data !== undefined && tokens.data.tokens.length > 0 && button}>
      {fresh !== undefined && <FreshToken token={fresh} onDone={() => setFresh(undefined)} />}
      <FormProblem error={revoking.error} />
      <Loaded query={tokens}>
        {({ tokens }) =>
          tokens.length === 0 ? (
            <Empty title={t('tokens.none')} action={button}>
              {t('tokens.noneText')}
            </Empty>
          ) : (
            <ul className={rows.rows}>
              {tokens.map((token) => (
                <TokenRow key={token.id} token={token} onRevoke={() => setDoomed(token)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {isNew && (
        <NewToken
          onClose={() => setNew(false)}
          onMade={(token) => {
            setNew(false);
            setFresh(token);
            void changed();
          }}
        />
      )}
      <Confirm
        isOpen={doomed !== undefined}
        onClose={() => setDoomed(undefined)}
        title={t('tokens.revokeThis', { name: doomed?.name ?? '' })}
        deed={t('tokens.revoke')}
        isBusy={revoking.isPending}
        onConfirm={() => {
          if (doomed) revoking.mutate(doomed.id);
        }}
      >
        {t('tokens.revokeText')}
      </Confirm>
    </Section>
  );
}
