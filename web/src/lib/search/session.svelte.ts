// The one running search: what was asked, what is shown, what waits to be shown. It outlives the page, so
// that going back from a person finds the list as it was left.

import * as api from '$lib/api/client';
import { ApiError, asApiError } from '$lib/api/problem';
import type { Hit, Interpretation, SearchAnswer } from '$lib/api/types';
import { LONGEST_STREAM, type Asked } from './address';
import { append, onArrival, type Arrival } from './order';

export type Phase = 'idle' | 'searching' | 'instant' | 'ranked' | 'done';

const PAGE = 20;

class SearchSession {
  asked = $state.raw<Asked | null>(null);
  /** What is on the screen. */
  answer = $state.raw<SearchAnswer | null>(null);
  /** A later, better answer that waits for the person's consent. */
  offered = $state.raw<{ answer: SearchAnswer; what: Arrival } | null>(null);
  phase = $state<Phase>('idle');
  error = $state.raw<ApiError | null>(null);
  loadingMore = $state(false);
  moreError = $state.raw<ApiError | null>(null);
  /** The list on the screen still answers an earlier question. */
  stale = $state(false);

  #touched = false;
  #key = '';
  #abort = new AbortController();

  /** The chips to show: an edit at once, before the server has answered it. */
  get interpretation(): Interpretation | null {
    return this.asked?.filters ?? (this.stale ? null : (this.answer?.interpretation ?? null));
  }

  /** The person pointed at or moved in the list: from now on it must not move by itself. */
  touch(): void {
    if (this.answer && !this.stale) this.#touched = true;
  }

  /** Asks; the same question again is not asked twice unless `again`. */
  async run(asked: Asked, again = false): Promise<void> {
    const key = JSON.stringify([asked.query, asked.filters]);
    if (key === this.#key && !again && !this.error) return;
    this.#key = key;
    this.#abort.abort();
    const abort = (this.#abort = new AbortController());
    this.asked = asked;
    this.offered = null;
    this.error = null;
    this.moreError = null;
    this.stale = this.answer !== null;
    this.phase = 'searching';
    this.#touched = false;
    try {
      await this.#ask(asked, abort.signal);
      this.phase = 'done';
    } catch (error) {
      if (abort.signal.aborted) return;
      this.error = asApiError(error);
      this.phase = 'done';
    }
  }

  /** Leaves the search: an empty page. */
  clear(): void {
    this.#abort.abort();
    this.#key = '';
    this.asked = null;
    this.answer = null;
    this.offered = null;
    this.error = null;
    this.stale = false;
    this.phase = 'idle';
  }

  showOffered(): void {
    if (!this.offered) return;
    this.answer = this.offered.answer;
    this.offered = null;
    this.#touched = false;
  }

  async more(): Promise<void> {
    const cursor = this.answer?.next_cursor;
    if (!cursor || !this.asked || this.loadingMore || this.stale) return;
    const key = this.#key;
    this.loadingMore = true;
    this.moreError = null;
    this.#touched = true;
    try {
      const page = await api.search({ ...this.#request(this.asked), cursor }, this.#abort.signal);
      if (key === this.#key && this.answer) this.answer = append(this.answer, page);
    } catch (error) {
      if (key === this.#key) this.moreError = asApiError(error);
    } finally {
      this.loadingMore = false;
    }
  }

  hit(candidate: string): Hit | undefined {
    return this.answer?.hits.find((hit) => hit.candidate_id === candidate);
  }

  /** A deleted person leaves the list at once. */
  forget(candidate: string): void {
    if (!this.answer?.hits.some((hit) => hit.candidate_id === candidate)) return;
    const hits = this.answer.hits.filter((hit) => hit.candidate_id !== candidate);
    this.answer = { ...this.answer, hits, total: Math.max(0, this.answer.total - 1) };
    this.offered = null;
  }

  #request(asked: Asked) {
    return { query: asked.query, filters: asked.filters, limit: PAGE };
  }

  async #ask(asked: Asked, signal: AbortSignal): Promise<void> {
    const request = this.#request(asked);
    const address = encodeURIComponent(asked.query) + encodeURIComponent(JSON.stringify(asked.filters ?? ''));
    if (address.length > LONGEST_STREAM) {
      this.#arrive(await api.search(request, signal), 'done');
      return;
    }
    for await (const { event, data } of api.searchStream(request, signal)) {
      if (event === 'done') break;
      if (event === 'instant' || event === 'ranked' || event === 'explained') {
        this.#arrive(JSON.parse(data) as SearchAnswer, event === 'explained' ? 'done' : event);
      } else if (event === 'error') {
        throw problemEvent(data);
      }
    }
    if (this.stale || !this.answer) throw new ApiError(0, 'network', '');
  }

  #arrive(answer: SearchAnswer, phase: Phase): void {
    const what = this.stale ? 'apply' : onArrival(this.answer, answer, this.#touched);
    if (what === 'apply') {
      this.answer = answer;
      this.offered = null;
    } else {
      this.offered = { answer, what };
    }
    this.stale = false;
    this.phase = phase;
  }
}

/** A stream that has begun can only fail by an event: its data is a problem document. */
function problemEvent(data: string): ApiError {
  try {
    const problem = JSON.parse(data) as { status?: number; code?: string; detail?: string };
    return new ApiError(problem.status ?? 500, problem.code ?? 'stream', problem.detail ?? '');
  } catch {
    return new ApiError(500, 'stream', '');
  }
}

export const searchSession = new SearchSession();
