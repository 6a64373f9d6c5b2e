// The geometry of the chart by day: which bar is where and how high, in the units of the drawing.

import type { BillDay } from '$lib/api/types';

export const KINDS = ['simple', 'medium', 'complex', 'other'] as const;
export type Kind = (typeof KINDS)[number];

export interface Piece {
  kind: Kind;
  y: number;
  height: number;
}

export interface Bar {
  day: BillDay;
  x: number;
  width: number;
  pieces: Piece[];
}

/** What a scale may end at, times a power of ten. */
const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8];

/** The next round number from `value` on. */
export function round(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (STEPS.find((step) => value <= step * power) ?? 10) * power;
}

/** The top of the scale for these days, in micro-dollars. */
export const top = (days: BillDay[]): number => round(Math.max(0, ...days.map((day) => day.cost)));

/** A bar for each day, stacked from below in the order of KINDS. */
export function bars(days: BillDay[], width: number, height: number): Bar[] {
  const step = width / Math.max(1, days.length);
  const scale = height / top(days);
  return days.map((day, place) => {
    let y = height;
    const pieces = KINDS.map((kind) => {
      const size = day[kind] * scale;
      y -= size;
      return { kind, y, height: size };
    });
    return {
      day,
      x: place * step + step * 0.12,
      width: step * 0.76,
      pieces: pieces.filter((p) => p.height > 0),
    };
  });
}

/** Which days carry their name: the first, and so many on that the names do not touch. */
export const named = (count: number, most: number): number => Math.max(1, Math.ceil(count / most));
