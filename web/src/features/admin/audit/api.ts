import { api, take, type Schema } from '@/lib/api';

import { beginOf, endOf } from '../days';
import type { Filters } from '../use-filters';

const MOST = 1000;

export function askForAudit({ actor, action, from, until }: Filters, before?: string, limit?: number) {
  const [begin, end] = [beginOf(from), endOf(until)];
  const query = {
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(begin !== undefined && { from: begin }),
    ...(end !== undefined && { until: end }),
    ...(before !== undefined && { before: Number(before) }),
    ...(limit !== undefined && { limit }),
  };
  return take(api.GET('/api/v1/admin/audit', { params: { query } }));
}

/** All of it that the filters let through, a line of JSON each, the latest first. */
export async function takeAudit(filters: Filters): Promise<{ blob: Blob; name: string }> {
  const lines: string[] = [];
  const add = (deeds: Schema<'DeedView'>[]) => lines.push(...deeds.map((deed) => `${JSON.stringify(deed)}\n`));
  let page = await askForAudit(filters, undefined, MOST);
  add(page.entries);
  while (page.next != null) {
    page = await askForAudit(filters, String(page.next), MOST);
    add(page.entries);
  }
  return { blob: new Blob(lines, { type: 'application/x-ndjson' }), name: `pake-audit-${new Date().toISOString().slice(0, 10)}.ndjson` };
}
