import { describe, expect, it } from 'vitest';

import { frequency } from './frequency';

const NOW = new Date('2026-03-04T23:30:00Z');

describe('searches over time', () => {
  it('has every day of the period, those without searches too', () => {
    const { step, columns } = frequency([{ day: '2026-03-02', count: 3 }], 4, NOW);
    expect(step).toBe('day');
    expect(columns).toEqual([
      { start: '2026-03-01', count: 0 },
      { start: '2026-03-02', count: 3 },
      { start: '2026-03-03', count: 0 },
      { start: '2026-03-04', count: 0 },
    ]);
  });

  it('counts a year by weeks from Monday, and longer by months from the first search', () => {
    const year = frequency([{ day: '2026-03-01', count: 1 }, { day: '2026-03-02', count: 2 }, { day: '2026-03-04', count: 4 }], 365, NOW);
    expect(year.step).toBe('week');
    expect(year.columns.slice(-2)).toEqual([{ start: '2026-02-23', count: 1 }, { start: '2026-03-02', count: 6 }]);
    const all = frequency([{ day: '2023-12-31', count: 1 }, { day: '2026-03-04', count: 4 }], 36_500, NOW);
    expect(all.step).toBe('month');
    expect(all.columns[0]).toEqual({ start: '2023-12-01', count: 1 });
    expect(all.columns).toHaveLength(28);
  });

  it('loses nothing when the first day that was counted is before the period', () => {
    const { columns } = frequency([{ day: '2026-02-20', count: 5 }], 7, NOW);
    expect(columns[0]).toEqual({ start: '2026-02-20', count: 5 });
  });

  it('has today alone when nothing was ever asked', () => {
    expect(frequency([], 36_500, NOW).columns).toEqual([{ start: '2026-03-04', count: 0 }]);
  });
});
