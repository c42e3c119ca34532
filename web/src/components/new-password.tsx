import { Button } from '@mantine/core';
import { IconCircleCheck, IconDice5 } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { CopyButton } from '@/components/ui/copy-button';
import { PasswordField } from '@/components/ui/password-field';
import { api, take } from '@/lib/api';

import classes from './new-password.module.css';

const LEAST = 12;

/** The server's reasons, to be said in the language of the page; others are shown as they came. */
const REASONS = [
  [/^has \d+ of at least/i, 'short'],
  [/^has more than/i, 'long'],
  [/tried first/, 'common'],
  [/your own name/, 'personal'],
  [/^repeats/i, 'repetitive'],
  [/^follows the keyboard/i, 'sequential'],
  [/easily guessed/, 'guessable'],
] as const;

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  /** What others know of the person: it makes no good password. */
  about?: { username?: string; email?: string };
};

/** Asks the server what it thinks of a password: once each, since that counts as attempts to sign in do. */
function useJudgement(about: Props['about']) {
  const asking = useMutation({
    mutationFn: async (password: string) => {
      const body = { password, username: about?.username ?? null, email: about?.email ?? null };
      return { ...(await take(api.POST('/api/v1/auth/validate-password', { body }))), password };
    },
  });
  const ask = (password: string) => {
    if (password.length >= LEAST && asking.variables !== password) asking.mutate(password);
  };
  return { judgement: asking.data, ask };
}

/** Where a new password is chosen: what is good, one that is, and what the server thinks of it. */
export function NewPassword({ label, value, onChange, error, about }: Props) {
  const { t } = useTranslation('forms');
  const [isSeen, setSeen] = useState(false);
  const { judgement, ask } = useJudgement(about);
  const generating = useMutation({
    mutationFn: () => take(api.GET('/api/v1/auth/generate-password')),
    onSuccess: ({ password }) => {
      onChange(password);
      setSeen(true);
    },
  });
  const isGenerated = value !== '' && generating.data?.password === value;
  const current = judgement?.password === value ? judgement : undefined;
  const said = (reason: string) => {
    const known = REASONS.find(([pattern]) => pattern.test(reason));
    return known ? t(`password.reason.${known[1]}`) : reason;
  };
  const reasons = error?.split('; it ') ?? (current?.is_valid === false ? current.errors : []);
  const refusal = reasons.map(said).join(' ');
  const isGood = isGenerated || current?.is_valid === true;
  return (
    <div className={classes.field}>
      <PasswordField
        label={label}
        description={t('password.rule', { least: LEAST })}
        autoComplete="new-password"
        name="new-password"
        required
        withAsterisk={false}
        value={value}
        onChange={onChange}
        onBlur={() => ask(value)}
        error={refusal || undefined}
        visible={isSeen}
        onVisibilityChange={setSeen}
      />
      <div className={classes.foot}>
        <Button size="compact-sm" variant="subtle" leftSection={<IconDice5 size={16} aria-hidden />} loading={generating.isPending} onClick={() => generating.mutate()}>
          {t('password.generate')}
        </Button>
        {isGenerated && <CopyButton text={value} />}
        <span role="status" className={classes.verdict}>
          {isGood && (
            <>
              <IconCircleCheck size={16} aria-hidden /> {t('password.good')}
            </>
          )}
          {!isGood && value !== '' && value.length < LEAST && t('password.missing', { count: LEAST - value.length })}
        </span>
      </div>
    </div>
  );
}
