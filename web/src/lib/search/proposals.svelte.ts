// What a model proposes for the words that the rules left open: asked once for a query, after its list is there, and
// kept while the chips are edited.

import * as api from '$lib/api/client';
import type { Interpretation, Note, Proposal, Written } from '$lib/api/types';

type State = 'idle' | 'asking' | 'clear' | 'answered';

class Proposed {
  state = $state<State>('idle');
  /** What is still to be decided on. */
  open = $state.raw<Proposal[]>([]);
  written = $state.raw<Written | null>(null);
  note = $state.raw<Note | null>(null);

  #query = '';
  #abort = new AbortController();

  /** Asks for a query; the same one not twice, unless somebody insists. */
  async ask(query: string, filters: Interpretation | undefined, insist = false): Promise<void> {
    if (query === this.#query && !insist) return;
    this.#query = query;
    this.#abort.abort();
    const abort = (this.#abort = new AbortController());
    this.open = [];
    this.written = this.note = null;
    this.state = 'asking';
    try {
      const answer = await api.proposals({ query, filters, insist }, abort.signal);
      this.open = answer.proposals;
      this.written = answer.written ?? null;
      this.note = answer.note ?? null;
      this.state = answer.note?.code === 'query_clear' ? 'clear' : 'answered';
    } catch {
      // The search is whole without it.
      if (!abort.signal.aborted) this.state = 'idle';
    }
  }

  /** Another query is on the screen, or none. */
  leave(query: string): void {
    if (query === this.#query) return;
    this.#abort.abort();
    this.#query = '';
    this.open = [];
    this.written = this.note = null;
    this.state = 'idle';
  }

  /** Somebody took one. */
  take(proposal: Proposal): void {
    this.open = this.open.filter((other) => other !== proposal);
    if (this.written) api.tookProposal(this.written.call_id, true);
  }

  /** Somebody wants none of them. */
  dismiss(): void {
    this.open = [];
    if (this.written) api.tookProposal(this.written.call_id, false);
    this.written = null;
    this.state = 'idle';
  }
}

export const proposed = new Proposed();
