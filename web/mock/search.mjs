// A search that is small, but honest in shape: chips from words, hard conditions, quotations with offsets.

import { SKILLS, TITLES, PLACES, LANGUAGES, LEVELS, SENIORITY, wholeWord } from './lexicon.mjs';
import { scalars } from './writer.mjs';

const TYPOS = { pyhton: 'Python', kuberntes: 'Kubernetes', javascipt: 'JavaScript' };
const REFUSED = {
  young: 'Age must not decide. Ask for years of experience instead.',
  female: 'Gender must not decide. It was left out of the search.',
  male: 'Gender must not decide. It was left out of the search.',
  unmarried: 'Family status must not decide. It was left out of the search.',
};
const FILLER = new Set(
  'a an and or the with has have who from in of to for as is not no but without within km years year at least plus nice preferably someone person remote must should be can'.split(
    ' ',
  ),
);

export const blank = () => ({
  skills: [],
  titles: [],
  seniority: [],
  years: {},
  locations: [],
  remote: null,
  languages: [],
  education: [],
  certifications: [],
  employers: [],
  keywords: [],
  corrections: [],
  refused: [],
  unresolved: [],
});

function kindAt(text, index) {
  const before = text.slice(Math.max(0, index - 28), index).toLowerCase();
  if (/\b(not|no|without|never)\s+(a\s+|an\s+|from\s+)?$/.test(before)) return 'not';
  if (/\b(nice|ideally|preferably|plus:?)\s+(to have\s+)?$/.test(before)) return 'should';
  return 'must';
}

export function interpret(query) {
  const result = blank();
  let text = query;
  for (const [from, to] of Object.entries(TYPOS)) {
    if (!wholeWord(from).test(text) || text.includes(`"${from}"`)) continue;
    text = text.replace(wholeWord(from), to);
    result.corrections.push({ from, to, applied: true });
  }
  if (/\bjava script\b/i.test(text))
    result.corrections.push({ from: 'java script', to: 'JavaScript', applied: false });
  let rest = text;
  const take = (word) => {
    const at = rest.search(wholeWord(word));
    if (at < 0) return null;
    const kind = kindAt(rest, at);
    rest = rest.replace(wholeWord(word), (match) => '·'.repeat(match.length));
    return kind;
  };
  for (const [word, reason] of Object.entries(REFUSED))
    if (take(word)) result.refused.push({ text: word, reason });
  const range = /(\d+)\s*(?:-|–|to)\s*(\d+)\s*(?:years|yrs)/i.exec(rest);
  const least = range ? null : /(?:at least |min(?:imum)? )?(\d+)\s*\+?\s*(?:years|yrs)/i.exec(rest);
  if (range) result.years = { min: Number(range[1]), max: Number(range[2]) };
  else if (least) result.years = { min: Number(least[1]) };
  for (const { code, label } of LANGUAGES) {
    const level = new RegExp(`${label}[^,.;]{0,12}?\\b([ABC][12]|native)\\b`, 'i').exec(rest)?.[1];
    const kind = take(label);
    if (kind)
      result.languages.push({
        code,
        ...(level && { level: level.length === 2 ? level.toUpperCase() : 'native' }),
        kind,
      });
  }
  const byLength = [...SKILLS].sort((a, b) => b.label.length - a.label.length);
  for (const skill of byLength) {
    const kinds = skill.aliases.map(take).filter(Boolean);
    if (kinds.length > 0) result.skills.push({ id: skill.id, label: skill.label, kind: kinds[0] });
  }
  const order = (skill) =>
    Math.min(
      ...SKILLS.find((s) => s.id === skill.id)
        .aliases.map((a) => text.toLowerCase().indexOf(a))
        .filter((i) => i >= 0),
    );
  result.skills.sort((a, b) => order(a) - order(b));
  if (/\bor\b/i.test(text) && /\(([^)]*\bor\b[^)]*)\)/i.test(text)) {
    const inside = /\(([^)]*\bor\b[^)]*)\)/i.exec(text)[1].toLowerCase();
    for (const skill of result.skills) if (inside.includes(skill.label.toLowerCase())) skill.any_of = 1;
  }
  for (const title of TITLES) {
    const kind = take(title);
    if (kind) result.titles.push({ label: title, kind });
  }
  for (const level of SENIORITY) if (take(level)) result.seniority.push(level);
  const radius = /within (\d+)\s*km/i.exec(text)?.[1];
  for (const { name, country } of PLACES) {
    const kind = take(name);
    if (kind) result.locations.push({ name, country, ...(radius && { radius_km: Number(radius) }), kind });
  }
  if (take('remote')) result.remote = true;
  const words = rest.match(/[\p{L}][\p{L}'-]+/gu) ?? [];
  result.unresolved = [...new Set(words.map((w) => w.toLowerCase()))]
    .filter((w) => !FILLER.has(w))
    .slice(0, 8);
  return result;
}

/** The line of the resume around a word, with its offsets. */
function quote(person, word) {
  const match = wholeWord(word).exec(person.text);
  if (!match) return [];
  const start = person.text.lastIndexOf('\n', match.index) + 1;
  const end = person.text.indexOf('\n', match.index);
  const lead = /^[-•\s]*/.exec(person.text.slice(start))[0].length;
  const text = person.text.slice(start + lead, end < 0 ? undefined : end);
  const from = scalars(person.text.slice(0, start + lead));
  return [{ resume_id: person.candidate.resumes[0].id, text, start: from, end: from + scalars(text) }];
}

function reasonsFor(person, wish) {
  const { candidate } = person;
  const state = (ok, kind) => (kind === 'not' ? (ok ? 'contradicted' : 'met') : ok ? 'met' : 'missing');
  const reasons = [];
  for (const skill of wish.skills) {
    const evidence = quote(person, skill.label);
    const months = candidate.skills.find((s) => s.id === skill.id)?.months ?? 0;
    const short = evidence.length > 0 && skill.min_years && months < skill.min_years * 12;
    const requirement = skill.min_years ? `${skill.label}, ${skill.min_years}+ years` : skill.label;
    reasons.push({
      requirement,
      kind: skill.kind,
      status: short && skill.kind !== 'not' ? 'partial' : state(evidence.length > 0, skill.kind),
      evidence,
    });
  }
  for (const title of wish.titles) {
    const evidence = quote(person, title.label);
    reasons.push({
      requirement: title.label,
      kind: title.kind,
      status: state(evidence.length > 0, title.kind),
      evidence,
    });
  }
  if (wish.seniority.length > 0) {
    const evidence = wish.seniority.flatMap((level) => quote(person, level)).slice(0, 1);
    const years = candidate.years_experience;
    const ok = evidence.length > 0 || (wish.seniority.includes('mid') && years > 3 && years < 9);
    reasons.push({
      requirement: wish.seniority.map((s) => s[0].toUpperCase() + s.slice(1)).join(' or '),
      kind: 'must',
      status: ok ? 'met' : years > 6 ? 'partial' : 'missing',
      evidence,
    });
  }
  const { min, max } = wish.years;
  if (min != null || max != null) {
    const years = candidate.years_experience ?? 0;
    const ok = years >= (min ?? 0) && years <= (max ?? 99);
    const requirement =
      min != null && max != null
        ? `${min} to ${max} years`
        : min != null
          ? `${min}+ years`
          : `up to ${max} years`;
    reasons.push({
      requirement,
      kind: 'must',
      status: ok ? 'met' : Math.abs(years - (min ?? max)) <= 1 ? 'partial' : 'missing',
      evidence: ok ? quote(person, `${years} years of practice`) : [],
    });
  }
  const places = wish.locations.filter((place) => place.kind !== 'not');
  if (places.length > 0 || wish.remote) {
    const near = places.some(
      (p) =>
        p.name === candidate.location ||
        (p.radius_km && PLACES.find((x) => x.name === p.name)?.near.includes(candidate.location)),
    );
    const names = [...places.map((p) => p.name), ...(wish.remote ? ['remote'] : [])].join(' or ');
    reasons.push({
      requirement: names,
      kind: 'must',
      status: near || (wish.remote && person.remote) ? 'met' : 'missing',
      evidence: near ? quote(person, candidate.location) : [],
    });
  }
  for (const place of wish.locations.filter((p) => p.kind === 'not')) {
    reasons.push({
      requirement: place.name,
      kind: 'not',
      status: state(candidate.location === place.name, 'not'),
      evidence: [],
    });
  }
  for (const { code, level, kind } of wish.languages) {
    const spoken = candidate.languages.find((language) => language.code === code);
    const enough = spoken && (!level || LEVELS.indexOf(spoken.level) >= LEVELS.indexOf(level));
    const name = LANGUAGES.find((language) => language.code === code)?.label ?? code;
    reasons.push({
      requirement: level ? `${name} ${level}` : name,
      kind,
      status: kind === 'not' ? state(Boolean(spoken), kind) : enough ? 'met' : spoken ? 'partial' : 'missing',
      evidence: spoken ? quote(person, name) : [],
    });
  }
  for (const { text, kind } of wish.keywords) {
    const evidence = quote(person, text);
    reasons.push({ requirement: `“${text}”`, kind, status: state(evidence.length > 0, kind), evidence });
  }
  return reasons.map((reason) =>
    reason.kind === 'not' ? { ...reason, requirement: `not ${reason.requirement}` } : reason,
  );
}

const POINTS = { met: 3, partial: 1, missing: 0, contradicted: -5 };

export function rank(people, wish, query) {
  const words = query.toLowerCase().match(/[\p{L}\p{N}+#]{3,}/gu) ?? [];
  return people
    .map((person) => {
      const reasons = reasonsFor(person, wish);
      const excluded = reasons.some((r) => r.kind === 'not' && r.status === 'contradicted');
      const failed = reasons.filter((r) => r.kind === 'must' && r.status === 'missing').length;
      const text = person.text.toLowerCase();
      const lexical = words.filter((word) => text.includes(word)).length / Math.max(1, words.length);
      const score =
        reasons.reduce((sum, r) => sum + POINTS[r.status] * (r.kind === 'should' ? 0.4 : 1), 0) +
        lexical -
        failed * 10;
      const wanted = reasons.filter((r) => r.kind !== 'not');
      const anything =
        wanted.length === 0
          ? lexical > 0 || reasons.length > 0
          : wanted.some((r) => r.status === 'met' || r.status === 'partial');
      return { person, reasons, score, keep: !excluded && anything };
    })
    .filter((row) => row.keep)
    .sort((a, b) => b.score - a.score || a.person.candidate.id.localeCompare(b.person.candidate.id));
}

function tally(rows, values) {
  const counts = new Map();
  for (const row of rows) {
    for (const [value, label] of values(row.person.candidate)) {
      counts.set(value, { value, label, count: (counts.get(value)?.count ?? 0) + 1 });
    }
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count || a.label.localeCompare(b.label))
    .slice(0, 12);
}

const band = (years) =>
  years < 3
    ? ['<3', 'Under 3 years']
    : years < 6
      ? ['3-5', '3 to 5 years']
      : years < 11
        ? ['6-10', '6 to 10 years']
        : ['11+', '11 years and more'];
const level = (c) =>
  c.headline?.startsWith('Senior')
    ? ['senior', 'Senior']
    : c.headline?.startsWith('Junior')
      ? ['junior', 'Junior']
      : ['mid', 'Mid-level'];

export const facetsOf = (rows) => ({
  skills: tally(rows, (c) => c.skills.map((s) => [s.id, s.label])),
  locations: tally(rows, (c) => (c.location ? [[c.location, c.location]] : [])),
  seniority: tally(rows, (c) => [level(c)]),
  languages: tally(rows, (c) => c.languages.map((l) => [l.code, l.label])),
  years: tally(rows, (c) => [band(c.years_experience ?? 0)]),
});
