import { useTranslation } from 'react-i18next';

import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

/** Why a source did not answer, in words, and when it is asked again. */
export function useSourceError(error: Schema<'SourceError'> | undefined): { text: string; again?: string } | undefined {
  const { t } = useTranslation('search');
  const format = useFormat();
  if (!error) return undefined;
  switch (error.code) {
    case 'timeout':
      return { text: t('errors.timeout', { after: format.duration(error.after_ms) }) };
    case 'rate_limited':
      return { text: t('errors.rate_limited'), again: error.retry_at };
    case 'circuit_open':
      return { text: t('errors.circuit_open', { reason: error.reason }), again: error.retry_at };
    case 'budget_spent':
      return { text: t('errors.budget_spent'), again: error.resets_at };
    case 'refused':
      return { text: t('errors.refused', { status: error.status, message: error.message }) };
    case 'unavailable':
      return { text: t('errors.unavailable', { status: error.status }) };
    case 'too_large':
      return { text: t('errors.too_large', { limit: format.bytes(error.limit_bytes) }) };
    case 'unsupported':
      return { text: t('errors.unsupported', { reason: error.reason }) };
    case 'cancelled':
      return { text: t('errors.cancelled') };
    case 'bad_query':
    case 'network':
    case 'malformed':
    case 'blocked':
      return { text: t(`errors.${error.code}`, { message: error.message }) };
  }
}
