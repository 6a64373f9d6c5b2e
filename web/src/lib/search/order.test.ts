import { describe, expect, it } from 'vitest';
import type { Hit, Reason, SearchAnswer } from '$lib/api/types';
import { emptyInterpretation } from './chips';
import { append, onArrival } from './order';
import { arrange } from './reasons';

const reason = (
  requirement: string,
  status: Reason['status'],
  kind: Reason['kind'] = 'must',
  quotes = 0,
): Reason => ({
  requirement,
  kind,
  status,
  evidence: Array.from({ length: quotes }, (_, start) => ({
    resume_id: 'r',
    text: 'x',
    start,
    end: start + 1,
  })),
});
const hit = (id: string, reasons: Reason[] = [], score = 1): Hit => ({
  candidate_id: id,
  resume_id: `r-${id}`,
  name: id,
  score,
  rank: 1,
  reasons,
});
const answer = (hits: Hit[], next_cursor: string | null = null): SearchAnswer => ({
  query_id: 'q',
  interpretation: emptyInterpretation(),
  hits,
  facets: { skills: [], locations: [], seniority: [], languages: [], years: [] },
  total: hits.length,
  total_is_lower_bound: false,
  took_ms: 1,
  stages: [],
  degraded: [],
  next_cursor,
});

describe('a later answer', () => {
  const shown = answer([hit('a'), hit('b')]);

  it('is put up at once while nobody has touched the list', () => {
    expect(onArrival(shown, answer([hit('b'), hit('a')]), false)).toBe('apply');
    expect(onArrival(null, shown, true)).toBe('apply');
  });

  it('is offered when it would move what somebody points at', () => {
    expect(onArrival(shown, answer([hit('b'), hit('a')]), true)).toBe('offer-order');
    expect(onArrival(shown, answer([hit('a', [reason('Go', 'met', 'must', 1)]), hit('b')]), true)).toBe(
      'offer-evidence',
    );
  });

  it('is put up when nothing that is seen changes', () => {
    expect(onArrival(shown, answer([hit('a', [], 9), hit('b', [], 8)]), true)).toBe('apply');
  });

  it('adds a page without showing anybody twice', () => {
    const longer = append(answer([hit('a'), hit('b')], '2'), answer([hit('b'), hit('c')], '4'));
    expect(longer.hits.map((h) => h.candidate_id)).toEqual(['a', 'b', 'c']);
    expect(longer.next_cursor).toBe('4');
  });
});

describe('the reasons of a hit', () => {
  it('tell first what decides, then what has words, then the rest', () => {
    const order = arrange([
      reason('wish', 'missing', 'should'),
      reason('plain', 'met'),
      reason('half', 'partial', 'must', 1),
      reason('proven', 'met', 'must', 2),
      reason('lacking', 'missing'),
      reason('refuted', 'contradicted', 'not', 1),
    ]);
    expect(order.map((r) => r.requirement)).toEqual([
      'refuted',
      'lacking',
      'proven',
      'half',
      'plain',
      'wish',
    ]);
  });
});
