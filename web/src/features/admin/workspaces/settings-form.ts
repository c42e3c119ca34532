import type { Schema } from '@/lib/api';

import { roleNamed } from '../roles';

export const CLASSES = ['search', 'read', 'write', 'export', 'mail'] as const;
export type Class = (typeof CLASSES)[number];
export const INVITERS = ['manager', 'admin', 'super_admin'] as const;

type Settings = Schema<'WorkspaceSettings'>;

/** The settings as they are typed: numbers as texts, and what is empty is as the configuration says. */
export type Typed = {
  retention: string;
  sources: string[];
  invites: string;
  limits: Record<Class, { rate: string; burst: string }>;
};

const text = (value: number | null | undefined) => (value == null ? '' : String(value));

export function typed(settings: Settings): Typed {
  const limit = (each: Class) => ({ rate: text(settings.limits?.[each]?.rate), burst: text(settings.limits?.[each]?.burst) });
  return {
    retention: text(settings.search_history_retention_days),
    sources: settings.default_sources ?? [],
    invites: settings.invites_from ?? 'admin',
    limits: { search: limit('search'), read: limit('read'), write: limit('write'), export: limit('export'), mail: limit('mail') },
  };
}

/** Which limits are half said: both numbers belong together. */
export function halfSaid({ limits }: Typed): Class[] {
  return CLASSES.filter((each) => (limits[each].rate === '') !== (limits[each].burst === ''));
}

export function settingsOf(form: Typed): Settings {
  const limit = (each: Class) => {
    const { rate, burst } = form.limits[each];
    return rate === '' || burst === '' ? null : { rate: Number(rate), burst: Number(burst) };
  };
  const limits = { search: limit('search'), read: limit('read'), write: limit('write'), export: limit('export'), mail: limit('mail') };
  return {
    default_sources: form.sources.length === 0 ? null : form.sources,
    search_history_retention_days: form.retention === '' ? null : Number(form.retention),
    invites_from: roleNamed(form.invites),
    limits: Object.values(limits).every((each) => each === null) ? null : limits,
  };
}
