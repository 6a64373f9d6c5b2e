// The evidence a person was found by: from the list one came from, or, after a reload, by asking again.

import * as api from '$lib/api/client';
import type { Hit } from '$lib/api/types';
import type { Asked } from '$lib/search/address';
import { searchSession } from '$lib/search/session.svelte';

/** How far down the list a second asking looks. */
const DEEPEST = 100;

export async function findEvidence(candidate: string, asked: Asked | null): Promise<Hit | null> {
  if (!asked) return null;
  const same = JSON.stringify(searchSession.asked) === JSON.stringify(asked);
  const known = same ? searchSession.hit(candidate) : undefined;
  if (known?.reasons.some((reason) => reason.evidence.length > 0)) return known;
  try {
    const answer = await api.search({ ...asked, limit: DEEPEST });
    return answer.hits.find((hit) => hit.candidate_id === candidate) ?? known ?? null;
  } catch {
    // The page is whole without it: the profile and the document do not depend on a search.
    return known ?? null;
  }
}
