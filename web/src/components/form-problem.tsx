import { useTranslation } from 'react-i18next';

import classes from '@/components/ui/form.module.css';
import { useSecondsUntil } from '@/lib/countdown';
import { NoPasskey } from '@/lib/passkeys';
import { ProblemError, Unreachable } from '@/lib/problem';

/** A sentence as the server says it, written as one. */
function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase();
  return /[.!?…]$/.test(text) ? `${first}${text.slice(1)}` : `${first}${text.slice(1)}.`;
}

type Props = {
  error: unknown;
  /** Own words for what the server says with these codes: `{ unauthenticated: t('wrong') }`. */
  words?: Record<string, string>;
};

/** Why a form was not taken; counts down when it may be sent again. What belongs to one field is shown there (`fieldError`). */
export function FormProblem({ error, words = {} }: Props) {
  const { t } = useTranslation('forms');
  const left = useSecondsUntil(error instanceof ProblemError ? error.retryAt : undefined);
  if (error === null || error === undefined) return null;
  if (error instanceof NoPasskey) return <Box text={t(`passkey.${error.obstacle}`)} />;
  if (error instanceof Unreachable) return <Box text={t('unreachable')} />;
  if (!(error instanceof ProblemError)) return <Box text={t('unexpected')} />;
  if (error.status === 429) {
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    const wait = left >= 60 ? t('waitMinutes', { time }) : t('waitSeconds', { count: left });
    return <Box text={t('tooMany')} more={left > 0 ? wait : t('tryNow')} />;
  }
  const text = words[error.code] ?? sentence(error.detail || error.title);
  const more = error.status >= 500 && error.requestId !== undefined ? t('request', { id: error.requestId }) : undefined;
  return <Box text={text} more={more} />;
}

function Box({ text, more }: { text: string; more?: string | undefined }) {
  return (
    <div className={classes.problem}>
      <p role="alert">{text}</p>
      {more !== undefined && <p className={classes.wait}>{more}</p>}
    </div>
  );
}

/** What the server says against one field of a form. */
export function fieldError(error: unknown, name: string): string | undefined {
  if (!(error instanceof ProblemError) || error.parameter !== name) return undefined;
  return sentence(error.detail.replace(/^`?[\w.]+`?:? /, ''));
}

/** Whether it belongs to one of these fields, and is shown there. */
export function isOfField(error: unknown, names: string[]): boolean {
  return error instanceof ProblemError && error.parameter !== undefined && names.includes(error.parameter);
}
