import { expect, it } from 'vitest';
import { parseDollars, typed } from './dollars';

it('reads dollars as people type them', () => {
  expect(parseDollars('40')).toBe(40_000_000);
  expect(parseDollars(' $0.50 ')).toBe(500_000);
  expect(parseDollars('')).toBeNull();
  for (const wrong of ['1,5', '-1', 'ten', '1e3', '1.0000001']) expect(parseDollars(wrong)).toBeUndefined();
});

it('shows again what was typed', () => {
  for (const text of ['40', '0.50', '0', '0.000125']) expect(typed(parseDollars(text))).toBe(text);
  expect(typed(null)).toBe('');
});
