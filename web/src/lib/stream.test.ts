import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { FakeSocket } from '@/testing/socket';

import type { SearchFrame } from './frames';
import { Stream } from './stream';

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
});
afterEach(() => {
  vi.useRealTimers();
});

const progress = (seq: number, id = 's1') => ({ type: 'search_progress', seq, search_id: id, data: { kind: 'search_revised', counts: {}, order: [] } });

function following(stream: Stream, id = 's1') {
  const frames: SearchFrame[] = [];
  const complaints: string[] = [];
  const stop = stream.follow(id, (frame) => frames.push(frame), { onComplaint: (complaint) => complaints.push(complaint.code) });
  return { stop, complaints, seqs: () => frames.map((frame) => frame.seq) };
}

it('opens one socket for all, and asks for each search from its beginning', () => {
  const stream = new Stream();
  const first = following(stream, 's1');
  const second = following(stream, 's2');
  FakeSocket.last.accept();
  expect(FakeSocket.all).toHaveLength(1);
  expect(FakeSocket.last.sent).toMatchObject([{ type: 'auth' }, { type: 'resume', search_id: 's1', last_seq: 0 }, { type: 'resume', search_id: 's2' }]);
  FakeSocket.last.tell(progress(1, 's2'));
  expect([first.seqs(), second.seqs()]).toEqual([[], [1]]);
});

it('comes back after a drop and resumes after the last entry, without telling anything twice', () => {
  const stream = new Stream();
  const { seqs } = following(stream);
  FakeSocket.last.accept();
  FakeSocket.last.tell(progress(1));
  FakeSocket.last.tell(progress(2));
  FakeSocket.last.drop();
  expect(stream.state).toBe('waiting');
  vi.advanceTimersByTime(500);
  FakeSocket.last.accept();
  expect(FakeSocket.all).toHaveLength(2);
  expect(FakeSocket.last.sent[1]).toMatchObject({ type: 'resume', last_seq: 2 });
  FakeSocket.last.tell(progress(2));
  FakeSocket.last.tell(progress(3));
  expect(seqs()).toEqual([1, 2, 3]);
});

it('waits longer each time that the server is away, and comes at once when the network is back', () => {
  const stream = new Stream();
  vi.spyOn(Math, 'random').mockReturnValue(1);
  following(stream);
  for (const wait of [500, 1000, 2000]) {
    FakeSocket.last.drop();
    const before = FakeSocket.all.length;
    vi.advanceTimersByTime(wait - 1);
    expect(FakeSocket.all).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.all).toHaveLength(before + 1);
  }
  FakeSocket.last.drop();
  window.dispatchEvent(new Event('online'));
  expect(stream.state).toBe('connecting');
});

it('does not come back when nobody follows any more', () => {
  const stream = new Stream();
  const { stop } = following(stream);
  FakeSocket.last.accept();
  stop();
  FakeSocket.last.drop();
  vi.advanceTimersByTime(60_000);
  expect([stream.state, FakeSocket.all.length]).toEqual(['idle', 1]);
});

it('notices a connection whose other end is gone without a word', () => {
  const stream = new Stream();
  following(stream);
  FakeSocket.last.accept();
  vi.advanceTimersByTime(25_000);
  expect(FakeSocket.last.sent.at(-1)).toMatchObject({ type: 'ping' });
  FakeSocket.last.tell({ type: 'pong', data: {} });
  vi.advanceTimersByTime(25_000);
  expect(stream.state).toBe('open');
  vi.advanceTimersByTime(10_000);
  expect(stream.state).toBe('waiting');
});

it('tells whoever follows that their search cannot be followed, and nobody else', () => {
  const stream = new Stream();
  const mine = following(stream, 's1');
  const other = following(stream, 's2');
  FakeSocket.last.accept();
  FakeSocket.last.tell({ type: 'error', data: { code: 'gone', error: 'is gone', in_reply_to: 's1' } });
  expect([mine.complaints, other.complaints]).toEqual([['gone'], []]);
});

it('carries words on topics to whoever listens', () => {
  const stream = new Stream();
  const heard: string[] = [];
  const stop = stream.on('system_alert', (frame) => heard.push(frame.data.message));
  FakeSocket.last.accept();
  FakeSocket.last.tell({ type: 'system_alert', data: { message: 'soon' } });
  stop();
  FakeSocket.last.tell({ type: 'system_alert', data: { message: 'later' } });
  expect(heard).toEqual(['soon']);
});

it('lets everything go when somebody signs out', () => {
  const stream = new Stream();
  const { seqs } = following(stream);
  const { last } = FakeSocket;
  last.accept();
  stream.close();
  last.tell(progress(1));
  expect([stream.state, last.readyState, seqs()]).toEqual(['idle', 3, []]);
});

it('asks for topics that come only to those who do, again after a drop, and no longer than somebody listens', () => {
  const stream = new Stream();
  const asked = () => FakeSocket.last.sent.filter(({ type }) => String(type).endsWith('subscribe'));
  const heard: number[] = [];
  const stop = stream.on('system_metrics', (frame) => heard.push(frame.data.sockets));
  const stopOther = stream.on('system_metrics', () => undefined);
  FakeSocket.last.accept();
  FakeSocket.last.tell({ type: 'system_metrics', data: { sockets: 3 } });
  expect([asked(), heard]).toEqual([[{ type: 'subscribe', data: { topics: ['system_metrics'] } }], [3]]);
  FakeSocket.last.drop();
  vi.advanceTimersByTime(500);
  FakeSocket.last.accept();
  expect(asked()).toHaveLength(1);
  stop();
  stop();
  expect(asked()).toHaveLength(1);
  stopOther();
  expect(asked().at(-1)).toEqual({ type: 'unsubscribe', data: { topics: ['system_metrics'] } });
  stream.on('system_metrics', () => undefined);
  expect(asked().at(-1)).toMatchObject({ type: 'subscribe' });
});
