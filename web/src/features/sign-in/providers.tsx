import { Button } from '@mantine/core';
import { IconBuilding, IconShieldCheck } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { api, take, type Schema } from '@/lib/api';

type Props = { ways: Schema<'WaysIn'>; destination: string; onSignedIn: () => Promise<void> };

/** Signing in elsewhere: at a provider of single sign-on, or by what a proxy before PAKE says. */
export function Providers({ ways, destination, onSignedIn }: Props) {
  const { t } = useTranslation('sign-in');
  const byProxy = useMutation({
    mutationFn: () => take(api.POST('/api/v1/auth/proxy', { body: { session: 'cookie' } })),
    onSuccess: onSignedIn,
  });
  return (
    <>
      {ways.providers.map((provider) => (
        <Button
          key={provider.id}
          component="a"
          href={`${provider.start}?return_to=${encodeURIComponent(destination)}`}
          fullWidth
          variant="default"
          leftSection={<IconBuilding size={18} aria-hidden />}
        >
          {t('provider', { name: provider.name })}
        </Button>
      ))}
      {ways.proxy && (
        <Button fullWidth variant="default" leftSection={<IconShieldCheck size={18} aria-hidden />} loading={byProxy.isPending} onClick={() => byProxy.mutate()}>
          {t('proxy')}
        </Button>
      )}
      <FormProblem error={byProxy.error} words={{ unauthenticated: t('proxyUnknown') }} />
    </>
  );
}
