// When a better answer arrives: put it in place, or offer it? What a person is pointing at must not move.

import type { Hit, SearchAnswer } from '$lib/api/types';

export type Arrival = 'apply' | 'offer-order' | 'offer-evidence';

const order = (hits: Hit[]): string => hits.map((hit) => hit.candidate_id).join(' ');

/** `touched`: the person has pointed at, scrolled or moved in the list since it was put up. */
export function onArrival(shown: SearchAnswer | null, next: SearchAnswer, touched: boolean): Arrival {
  if (!shown || !touched) return 'apply';
  if (order(shown.hits) !== order(next.hits)) return 'offer-order';
  const sameLooks = JSON.stringify(shown.hits.map(looks)) === JSON.stringify(next.hits.map(looks));
  return sameLooks ? 'apply' : 'offer-evidence';
}

/** What of a hit is visible: a changed score alone is no reason to ask. */
const looks = ({ score: _score, rank: _rank, ...visible }: Hit) => visible;

/** Adds a further page; a person who is there already is not shown twice. */
export function append(shown: SearchAnswer, page: SearchAnswer): SearchAnswer {
  const known = new Set(shown.hits.map((hit) => hit.candidate_id));
  const fresh = page.hits.filter((hit) => !known.has(hit.candidate_id));
  return { ...shown, hits: [...shown.hits, ...fresh], next_cursor: page.next_cursor };
}
