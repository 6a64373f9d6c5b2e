import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { live } from './live.svelte';

/** What each line says one after the other before it stays open, or breaks. */
let lines: ({ says: string[]; breaks: boolean } | 'away')[] = [];

vi.mock('$lib/api/client', () => ({
  async *events(signal: AbortSignal) {
    const line = lines.shift();
    if (line === 'away' || !line) throw new Error('nobody answers');
    for (const event of line.says) yield { event, data: '{}' };
    if (!line.breaks) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  },
}));

const told = vi.fn();
const gone = vi.fn();
let stop = () => {};

beforeEach(() => {
  vi.useFakeTimers();
  told.mockClear();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

/** Goes on over `breaks` breaks and answers how often it was told to ask again. */
async function after(breaks: number, ...said: typeof lines): Promise<number> {
  lines = said;
  const unheard = live.onReload(told);
  live.onReload(gone)();
  stop = live.start();
  await vi.advanceTimersByTimeAsync(0);
  for (let at = 0; at < breaks; at += 1) await vi.advanceTimersToNextTimerAsync();
  unheard();
  expect(lines).toEqual([]);
  expect(gone).not.toHaveBeenCalled();
  return told.mock.calls.length;
}

test('who listens for gaps is told to ask again, and nothing when the line opens', async () => {
  expect(await after(0, { says: ['open'], breaks: false })).toBe(0);
  stop();
  expect(await after(0, { says: ['open', 'reload'], breaks: false })).toBe(1);
});

test('what was missed while the line was broken is asked for again', async () => {
  expect(await after(1, { says: ['open'], breaks: true }, { says: ['open'], breaks: false })).toBe(1);
});

test('what was missed before the line could be opened is asked for again', async () => {
  expect(await after(2, 'away', 'away', { says: ['open', 'open'], breaks: false })).toBe(1);
});
