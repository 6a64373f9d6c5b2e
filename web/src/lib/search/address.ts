// What a person would share is in the address: the query and, once chips were edited, the understanding.
// A pasted description is too long for an address: it stays in this tab's storage under its fingerprint.

import type { Interpretation } from '$lib/api/types';
import { emptyInterpretation } from './chips';

/** Longer queries do not go into the address; most servers and chat programs cut addresses near 2,000 characters. */
export const LONGEST_IN_ADDRESS = 1500;

/** The server's limit for a pasted description. */
export const LONGEST_QUERY = 20_000;

/** Longest encoded address used for the stream; above it the search goes through POST. */
export const LONGEST_STREAM = 6000;

export interface Asked {
  query: string;
  filters?: Interpretation;
}

interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** FNV-1a, 32 bit: a short name for a text, not a secret. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(36);
}

export function toAddress(asked: Asked, store: Store): string {
  const parameters = new URLSearchParams();
  if (asked.query.length > LONGEST_IN_ADDRESS) {
    const name = fingerprint(asked.query);
    store.setItem(`pasted:${name}`, asked.query);
    parameters.set('pasted', name);
  } else if (asked.query) {
    parameters.set('q', asked.query);
  }
  if (asked.filters) parameters.set('f', JSON.stringify(compact(asked.filters)));
  const search = parameters.toString();
  return search ? `/?${search}` : '/';
}

/** A person's page; with the search it was opened from, so that its evidence can be shown there. */
export function candidateAddress(id: string, asked: Asked | null, store: Store): string {
  const search = asked ? toAddress(asked, store).slice(1) : '';
  return `/candidates/${encodeURIComponent(id)}${search}`;
}

/** Null when the address asks nothing; a mangled `f` is ignored rather than refused. */
export function fromAddress(url: URL, store: Store): Asked | null {
  const pasted = url.searchParams.get('pasted');
  const query = (pasted ? store.getItem(`pasted:${pasted}`) : url.searchParams.get('q')) ?? '';
  const filters = readFilters(url.searchParams.get('f'));
  if (!query.trim() && !filters) return null;
  return filters ? { query, filters } : { query };
}

function readFilters(text: string | null): Interpretation | undefined {
  if (!text) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    return { ...emptyInterpretation(), ...value } as Interpretation;
  } catch {
    return undefined;
  }
}

/** Leaves out what is empty: the server fills it in again. */
function compact(filters: Interpretation): Partial<Interpretation> {
  const kept = Object.entries(filters).filter(([, value]) => {
    if (value === null || value === undefined) return false;
    return Array.isArray(value)
      ? value.length > 0
      : typeof value !== 'object' || Object.keys(value).length > 0;
  });
  return Object.fromEntries(kept) as Partial<Interpretation>;
}
