import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';

import { stream } from '@/lib/stream';
import { server } from '@/testing/server';

import type { Question } from './address';
import { Run } from './run';

const question: Question = { query: 'lamps', sources: [], limit: undefined, isPrivate: false };

describe('a run that was left', () => {
  it('waits for nothing any more', () => {
    vi.useFakeTimers();
    try {
      const before = vi.getTimerCount();
      const run = new Run(question, 'a');
      expect(vi.getTimerCount()).toBeGreaterThan(before);
      run.leave();
      stream.close();
      expect(vi.getTimerCount()).toBe(before);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not followed when it is accepted afterwards', async () => {
    const follow = vi.spyOn(stream, 'follow');
    let accept: () => void = () => undefined;
    const accepted = new Promise<void>((resolve) => (accept = resolve));
    const isAsked = new Promise<void>((resolve) => {
      server.use(
        http.post('*/api/v1/searches', async () => {
          resolve();
          await accepted;
          return HttpResponse.json({ id: 'a', status: 'running', query: 'lamps', started_at: '', events: '' }, { status: 202 });
        }),
      );
    });
    const [left, stayed] = [new Run(question), new Run({ ...question, query: 'moons' })];
    await isAsked;
    left.leave();
    accept();
    await vi.waitFor(() => expect(stayed.id).toBe('a'));
    expect(left.id).toBeUndefined();
    expect(follow).toHaveBeenCalledTimes(1);
    stayed.leave();
    stream.close();
  });
});
