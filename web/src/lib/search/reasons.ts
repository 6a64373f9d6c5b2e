// The order in which the reasons of a hit are told: first what fails a must, because it decides; then what
// has words to show; then the rest.

import type { Reason } from '$lib/api/types';

/** How many are shown before the list is unfolded. */
export const FOLDED = 4;

const unmet = (reason: Reason): boolean => reason.status === 'missing' || reason.status === 'contradicted';

function weight(reason: Reason): number {
  if (reason.status === 'contradicted') return 0;
  if (unmet(reason) && reason.kind === 'must') return 1;
  if (reason.evidence.length > 0) return reason.status === 'met' ? 2 : 3;
  return unmet(reason) ? 5 : 4;
}

/** Sorted by weight; equals stay as the server sent them. */
export const arrange = (reasons: Reason[]): Reason[] =>
  reasons
    .map((reason, at) => ({ reason, at }))
    .sort((a, b) => weight(a.reason) - weight(b.reason) || a.at - b.at)
    .map(({ reason }) => reason);
