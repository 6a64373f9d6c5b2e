import { expect, it } from 'vitest';
import { rangeOf, span } from './ranges';

it('knows the days of each range, over a change of the year too', () => {
  const now = new Date('2026-01-15T23:30:00Z');
  expect(span('month', now)).toEqual({ from: '2026-01-01', to: '2026-01-15' });
  expect(span('last', now)).toEqual({ from: '2025-12-01', to: '2025-12-31' });
  expect(span('quarter', now)).toEqual({ from: '2025-10-18', to: '2026-01-15' });
  expect(rangeOf('nonsense')).toBe('month');
});
