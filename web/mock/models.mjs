// What the server's models would say: proposals for a few known phrases, a sentence from a hit's first quotation.

import { blank, interpret, rank } from './search.mjs';

const KNOWN = {
  'container wrangling': { ...blank(), skills: [{ id: 'docker', label: 'Docker', kind: 'should' }] },
  'keeps the lights on': {
    ...blank(),
    titles: [{ id: 'site-reliability-engineer', label: 'Site reliability engineer', kind: 'must' }],
  },
};
const HARD = 3;

let calls = 0;
const written = () => ({ by: 'mock/small', cached: false, cost: 310, call_id: `call-${(calls += 1)}` });
const note = (code, text) => ({ code, text });
const off = note('ai_off', 'no AI provider is set up, so the rules alone were used');

export function proposals({ query, insist }) {
  const { unresolved } = interpret(query);
  const open = unresolved.join(' ').split(/\s+/).filter(Boolean).length;
  if (open === 0) return { proposals: [], note: note('nothing_open', 'the rules understood all of this') };
  if (open < HARD && !insist)
    return { proposals: [], note: note('query_clear', 'the rules understood nearly all of this') };
  if (/\bmodelless\b/.test(query)) return { proposals: [], note: off };
  const found = Object.entries(KNOWN).filter(([quote]) => query.includes(quote));
  return { proposals: found.map(([quote, adds]) => ({ quote, adds })), written: written() };
}

export function prose(people, { query, filters, candidate_id }) {
  const wish = filters ? { ...blank(), ...filters } : interpret(query);
  const row = rank(people, wish, query).find(({ person }) => person.candidate.id === candidate_id);
  if (!row) return null;
  if (/\bmodelless\b/.test(query)) return { statements: [], note: off };
  const reason = row.reasons.find((one) => one.evidence.length > 0);
  if (!reason) return { statements: [], note: note('no_evidence', 'the rules found no words to write from') };
  const text = `The candidate shows ${reason.requirement} in their own words.`;
  return {
    statements: [{ requirement: reason.requirement, text, quotes: reason.evidence.slice(0, 1) }],
    written: written(),
  };
}
