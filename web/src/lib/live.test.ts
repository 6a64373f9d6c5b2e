import { expect, test, vi } from 'vitest';
import { live } from './live.svelte';

vi.mock('$lib/api/client', () => ({
  async *events(signal: AbortSignal) {
    yield { event: 'open', data: '' };
    yield { event: 'reload', data: '{}' };
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
