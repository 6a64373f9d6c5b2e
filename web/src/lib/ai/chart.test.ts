import { describe, expect, it } from 'vitest';
import type { BillDay } from '$lib/api/types';
import { bars, named, round, top } from './chart';

const day = (simple: number, complex = 0, other = 0): BillDay => ({
  day: '2026-11-01',
  cost: simple + complex + other,
  simple,
  medium: 0,
  complex,
  other,
  calls: 1,
});

describe('the chart by day', () => {
  it('has a round top that no bar exceeds', () => {
    expect([round(0), round(1), round(2.8), round(9), round(1200)]).toEqual([1, 1, 3, 10, 1500]);
    expect(top([day(3_000_000, 1_500_000)])).toBe(5_000_000);
    expect(top([])).toBe(1);
  });

  it('stacks the pieces of a day without gaps, and leaves out what is nothing', () => {
    const [bar] = bars([day(1_000_000, 500_000, 500_000)], 100, 200);
    expect(bar?.pieces.map((piece) => piece.kind)).toEqual(['simple', 'complex', 'other']);
    expect(bar?.pieces.map((piece) => piece.y)).toEqual([100, 50, 0]);
    const [empty] = bars([day(0)], 100, 200);
    expect(empty?.pieces).toEqual([]);
  });

  it('keeps its bars beside each other and inside', () => {
    const all = bars([day(1), day(2), day(3)], 90, 10);
    expect(all.every((bar, place) => bar.x >= place * 30 && bar.x + bar.width <= (place + 1) * 30)).toBe(
      true,
    );
  });

  it('names no more days than fit', () => {
    expect(named(30, 6)).toBe(5);
    expect(named(3, 6)).toBe(1);
  });
});
