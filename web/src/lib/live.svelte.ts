// One line to the server for the whole application: what happens while the page is open. Breaks are mended
// with growing pauses, and what was missed in one is asked for again.

import * as api from '$lib/api/client';
import { ApiError } from '$lib/api/problem';
import type { CandidateEvent, Upload } from '$lib/api/types';

const PAUSES_MS = [1000, 2000, 5000, 10_000, 30_000];

type Listener<T> = (value: T) => void;

class Live {
  connected = $state(false);
  readonly #uploads = new Set<Listener<Upload>>();
  readonly #candidates = new Set<Listener<CandidateEvent>>();
  readonly #ai = new Set<() => void>();
  readonly #reloads = new Set<() => void>();

  /** Opens the line; the returned function closes it. */
  start(): () => void {
    const abort = new AbortController();
    void this.#keep(abort.signal);
    return () => abort.abort();
  }

  onUpload(listener: Listener<Upload>): () => void {
    this.#uploads.add(listener);
    return () => this.#uploads.delete(listener);
  }

  onCandidate(listener: Listener<CandidateEvent>): () => void {
    this.#candidates.add(listener);
    return () => this.#candidates.delete(listener);
  }

  /** What models may do was changed, here or elsewhere. */
  onAi(listener: () => void): () => void {
    this.#ai.add(listener);
    return () => this.#ai.delete(listener);
  }

  /** The server could not tell everything, or the line was broken: what is shown has to be asked for again. */
  onReload(listener: () => void): () => void {
    this.#reloads.add(listener);
    return () => this.#reloads.delete(listener);
  }

  async #keep(signal: AbortSignal): Promise<void> {
    let broken = false;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        for await (const { event, data } of api.events(signal)) {
          this.connected = true;
          failures = 0;
          if (event === 'upload') this.#tell(this.#uploads, data);
          if (event === 'candidate') this.#tell(this.#candidates, data);
          if (event === 'ai') for (const listener of this.#ai) listener();
          if (event === 'reload' || (event === 'open' && broken))
            for (const listener of this.#reloads) listener();
          broken = false;
        }
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return;
      } finally {
        this.connected = false;
        broken = true;
      }
      const pause = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)];
      await new Promise((resume) => setTimeout(resume, pause));
    }
  }

  #tell<T>(listeners: Set<Listener<T>>, data: string): void {
    const value = JSON.parse(data) as T;
    for (const listener of listeners) listener(value);
  }
}

export const live = new Live();
