import { describe, expect, it } from 'vitest';
import { safeNext } from '$lib/account.svelte';
import { batches } from './batches';

const files = (...sizes: number[]) => sizes.map((size) => ({ size }));
const shape = (list: { size: number }[][]) => list.map((batch) => batch.map((file) => file.size));

describe('batches', () => {
  it('keep the order and stay within both limits', () => {
    expect(shape(batches(files(1, 1, 1, 1, 1), 2, 100))).toEqual([[1, 1], [1, 1], [1]]);
    expect(shape(batches(files(6, 5, 4, 9), 10, 10))).toEqual([[6], [5, 4], [9]]);
  });

  it('send a file above the limit alone', () => {
    expect(shape(batches(files(1, 50, 1), 10, 10))).toEqual([[1], [50], [1]]);
  });

  it('are none for no file', () => {
    expect(batches([])).toEqual([]);
  });
});

describe('safeNext', () => {
  it('stays within this application', () => {
    expect(safeNext('/candidates/1?q=go')).toBe('/candidates/1?q=go');
    for (const bad of [
      null,
      '',
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
    ]) {
      expect(safeNext(bad)).toBe('/');
    }
  });
});
