// The days a bill may be for, by name, as the address of the page has them. Days are UTC, as the server counts.

export const RANGES = ['month', 'last', 'quarter'] as const;
export type Range = (typeof RANGES)[number];

/** The range of that name; this month for anything else. */
export const rangeOf = (name: string | null): Range => RANGES.find((range) => range === name) ?? 'month';

const iso = (at: number) => new Date(at).toISOString().slice(0, 10);

/** First and last day of a range, seen at `now`. */
export function span(range: Range, now: Date): { from: string; to: string } {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  if (range === 'last') return { from: iso(Date.UTC(year, month - 1, 1)), to: iso(Date.UTC(year, month, 0)) };
  if (range === 'quarter') {
    return { from: iso(Date.UTC(year, month, day - 89)), to: iso(Date.UTC(year, month, day)) };
  }
  return { from: iso(Date.UTC(year, month, 1)), to: iso(Date.UTC(year, month, day)) };
}
