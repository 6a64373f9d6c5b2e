import { expect, test, vi } from 'vitest';
import { live } from './live.svelte';

const lines = vi.hoisted(() => ({ opened: 0, breaks: false }));

vi.mock('$lib/api/client', () => ({
  async *events(signal: AbortSignal) {
    lines.opened += 1;
    yield { event: 'open', data: '' };
    if (lines.breaks && lines.opened === 1) return;
    if (!lines.breaks) yield { event: 'reload', data: '{}' };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  },
}));

test('who listens for gaps is told to ask again', async () => {
  const told = vi.fn();
  const gone = vi.fn();
  live.onReload(told);
  live.onReload(gone)();
  const stop = live.start();
  await vi.waitFor(() => expect(told).toHaveBeenCalledOnce());
  expect(gone).not.toHaveBeenCalled();
  stop();
});

test('what was missed while the line was broken is asked for again, and nothing when it opens first', async () => {
  vi.useFakeTimers();
  Object.assign(lines, { opened: 0, breaks: true });
  const told = vi.fn();
  live.onReload(told);
  const stop = live.start();
  await vi.waitFor(() => expect(live.connected).toBe(false));
  expect(told).not.toHaveBeenCalled();
  await vi.runOnlyPendingTimersAsync();
  expect(lines.opened).toBe(2);
  expect(told).toHaveBeenCalledOnce();
  stop();
  vi.useRealTimers();
});
