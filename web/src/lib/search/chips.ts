// The understanding of a query as a flat list of chips, and every edit of a chip as a pure function from one
// understanding to the next. What is sent back as `filters` is always a whole Interpretation.

import type {
  FacetName,
  FacetValue,
  Interpretation,
  Kind,
  Seniority,
  SuggestKind,
  Suggestion,
} from '$lib/api/types';
import { language } from '$lib/text/format';
import { t } from '$lib/i18n';

/** The parts of an Interpretation that hold a list of wishes, each must, should or not. */
const LISTS = [
  'skills',
  'titles',
  'locations',
  'languages',
  'education',
  'certifications',
  'employers',
  'keywords',
] as const;

export type ListField = (typeof LISTS)[number];
export type ChipField = ListField | 'seniority' | 'years' | 'remote';

export interface Chip {
  /** Stays the same while the chip is edited, so that the focus stays on it. */
  key: string;
  field: ChipField;
  /** Place in its list; 0 for what there is only once. */
  index: number;
  label: string;
  /** Absent where must/should/not makes no sense: years, seniority, remote. */
  kind?: Kind;
  /** Said after the label: "at least 3 years", "within 50 km", "B2". */
  detail?: string;
  /** Alternatives share a number. */
  anyOf?: number;
}

const SENIORITY: Seniority[] = ['intern', 'junior', 'mid', 'senior', 'lead', 'principal', 'executive'];

export function emptyInterpretation(): Interpretation {
  return {
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
  };
}

function describe(
  field: ListField,
  item: Interpretation[ListField][number],
): { label: string; detail?: string } {
  const wish = item as Record<string, string | number | null | undefined>;
  switch (field) {
    case 'skills':
      return {
        label: String(wish.label),
        detail: wish.min_years ? t.chips.atLeastYears(Number(wish.min_years)) : '',
      };
    case 'locations':
      return {
        label: String(wish.name),
        detail: wish.radius_km ? t.chips.within(Number(wish.radius_km)) : '',
      };
    case 'languages':
      return { label: language(String(wish.code)), detail: wish.level ? String(wish.level) : '' };
    case 'education': {
      const level = wish.level
        ? (t.education[wish.level as keyof typeof t.education] ?? String(wish.level))
        : '';
      return {
        label: level || String(wish.field ?? ''),
        detail: level && wish.field ? String(wish.field) : '',
      };
    }
    case 'keywords':
      return { label: `“${wish.text}”` };
    default:
      return { label: String(wish.label ?? wish.name) };
  }
}

export function yearsLabel(years: Interpretation['years']): string {
  const { min, max } = years;
  if (min != null && max != null) return t.chips.yearsBetween(min, max);
  if (min != null) return t.chips.yearsFrom(min);
  return max != null ? t.chips.yearsUpTo(max) : '';
}

/** The chips of an understanding, in the order people say them. */
export function toChips(from: Interpretation): Chip[] {
  const list = (field: ListField): Chip[] =>
    from[field].map((item, index) => {
      const { label, detail } = describe(field, item);
      const anyOf = 'any_of' in item ? (item.any_of ?? undefined) : undefined;
      return { key: `${field}:${index}:${label}`, field, index, label, detail, kind: item.kind, anyOf };
    });
  const single = (field: ChipField, label: string): Chip => ({ key: field, field, index: 0, label });
  return [
    ...from.seniority.map((level, index): Chip => {
      return { key: `seniority:${level}`, field: 'seniority', index, label: t.seniority[level] };
    }),
    ...list('titles'),
    ...list('skills'),
    ...(yearsLabel(from.years) ? [single('years', yearsLabel(from.years))] : []),
    ...list('locations'),
    ...(from.remote === null ? [] : [single('remote', from.remote ? t.chips.remote : t.chips.onSite)]),
    ...list('languages'),
    ...list('education'),
    ...list('certifications'),
    ...list('employers'),
    ...list('keywords'),
  ];
}

const NEXT: Record<Kind, Kind> = { must: 'should', should: 'not', not: 'must' };

/** Changes one wish of a list; other wishes and other fields stay the very same objects. */
function edit(
  from: Interpretation,
  field: ListField,
  index: number,
  change: Record<string, unknown>,
): Interpretation {
  const items: unknown[] = from[field].map((item, n) => (n === index ? { ...item, ...change } : item));
  return { ...from, [field]: items };
}

const isList = (field: ChipField): field is ListField => (LISTS as readonly string[]).includes(field);

/** must → should → not → must. A chip without a kind stays as it is. */
export function cycleKind(from: Interpretation, chip: Chip): Interpretation {
  if (!isList(chip.field) || !chip.kind) return from;
  const kind = NEXT[chip.kind];
  // "React or Vue" as something unwanted would mean "neither": the alternative ends there.
  const change = chip.anyOf !== undefined && kind === 'not' ? { kind, any_of: undefined } : { kind };
  return edit(from, chip.field, chip.index, change);
}

export function remove(from: Interpretation, chip: Chip): Interpretation {
  if (chip.field === 'years') return { ...from, years: {} };
  if (chip.field === 'remote') return { ...from, remote: null };
  const items: unknown[] = (from[chip.field] as unknown[]).filter((_, n) => n !== chip.index);
  return { ...from, [chip.field]: items };
}

/** A range of years; ends given the wrong way round are turned, empty and negative ends are open. */
export function setYears(from: Interpretation, min: number | null, max: number | null): Interpretation {
  const clean = (value: number | null) => (value === null || Number.isNaN(value) || value < 0 ? null : value);
  let [low, high] = [clean(min), clean(max)];
  if (low !== null && high !== null && low > high) [low, high] = [high, low];
  return { ...from, years: { ...(low !== null && { min: low }), ...(high !== null && { max: high }) } };
}

export const setRadius = (from: Interpretation, index: number, km: number | null): Interpretation =>
  edit(from, 'locations', index, { radius_km: km ?? undefined });

export const setLevel = (from: Interpretation, index: number, level: string | null): Interpretation =>
  edit(from, 'languages', index, { level: level ?? undefined });

export const setMinYears = (from: Interpretation, index: number, years: number | null): Interpretation =>
  edit(from, 'skills', index, { min_years: years !== null && years > 0 ? years : undefined });

export const setRemote = (from: Interpretation, remote: boolean | null): Interpretation => ({
  ...from,
  remote,
});

export function toggleSeniority(from: Interpretation, level: Seniority): Interpretation {
  const has = from.seniority.includes(level);
  const chosen = has ? from.seniority.filter((l) => l !== level) : [...from.seniority, level];
  return { ...from, seniority: SENIORITY.filter((l) => chosen.includes(l)) };
}

const same = (a: string, b: string) => a.localeCompare(b, undefined, { sensitivity: 'base' }) === 0;

/** Adds what was chosen from the suggestions; what is there already takes the new kind instead. */
export function add(from: Interpretation, wish: Suggestion, kind: Kind): Interpretation {
  const put = <F extends ListField>(field: F, item: Interpretation[F][number], at: number) =>
    at >= 0 ? edit(from, field, at, { kind }) : { ...from, [field]: [...from[field], item] };
  switch (wish.kind) {
    case 'skill': {
      const id = wish.id ?? wish.label;
      const at = from.skills.findIndex((s) => s.id === id || same(s.label, wish.label));
      return put('skills', { id, label: wish.label, kind }, at);
    }
    case 'title':
      return put(
        'titles',
        { ...(wish.id && { id: wish.id }), label: wish.label, kind },
        from.titles.findIndex((title) => same(title.label, wish.label)),
      );
    case 'place':
      return put(
        'locations',
        { name: wish.label, kind },
        from.locations.findIndex((place) => same(place.name, wish.label)),
      );
    case 'language': {
      const code = wish.id ?? wish.label;
      return put(
        'languages',
        { code, kind },
        from.languages.findIndex((l) => l.code === code),
      );
    }
  }
}

/** Adds what a proposal holds; what is there already stays as it is. */
export function merge(from: Interpretation, adds: Interpretation): Interpretation {
  const merged = { ...from } as Record<string, unknown>;
  const known = new Set(toChips(from).map((chip) => `${chip.field}:${chip.label.toLowerCase()}`));
  for (const chip of toChips(adds)) {
    if (known.has(`${chip.field}:${chip.label.toLowerCase()}`)) continue;
    if (chip.field === 'years') merged.years = adds.years;
    else if (chip.field === 'remote') merged.remote = adds.remote;
    else
      merged[chip.field] = [
        ...(merged[chip.field] as unknown[]),
        (adds[chip.field] as unknown[])[chip.index],
      ];
  }
  const next = merged as unknown as Interpretation;
  return { ...next, seniority: SENIORITY.filter((level) => next.seniority.includes(level)) };
}

/** Words to be found as they are, for what no taxonomy knows. */
export function addKeyword(from: Interpretation, text: string, kind: Kind): Interpretation {
  const word = text.trim();
  if (!word || from.keywords.some((k) => same(k.text, word))) return from;
  return { ...from, keywords: [...from.keywords, { text: word, kind }] };
}

/** "3-5", "3–5", "10+", "<2" as a range; null where it is none of these. */
export function parseYears(value: string): Interpretation['years'] | null {
  const range = /^(\d+)\s*[-–]\s*(\d+)$/.exec(value);
  if (range) return { min: Number(range[1]), max: Number(range[2]) };
  const open = /^(\d+)\s*\+$/.exec(value);
  if (open) return { min: Number(open[1]) };
  const below = /^<\s*(\d+)$/.exec(value);
  return below ? { max: Number(below[1]) } : null;
}

const SUGGESTED: Partial<Record<FacetName, SuggestKind>> = {
  skills: 'skill',
  locations: 'place',
  languages: 'language',
};

/** Whether a facet's value is part of the understanding already. */
export function facetChosen(from: Interpretation, facet: FacetName, { value, label }: FacetValue): boolean {
  switch (facet) {
    case 'skills':
      return from.skills.some((s) => s.kind !== 'not' && (s.id === value || same(s.label, label)));
    case 'locations':
      return from.locations.some(
        (place) => place.kind !== 'not' && (place.name === value || same(place.name, label)),
      );
    case 'languages':
      return from.languages.some((l) => l.kind !== 'not' && l.code === value);
    case 'seniority':
      return from.seniority.includes(value as Seniority);
    case 'years': {
      const range = parseYears(value);
      return (
        range !== null &&
        (from.years.min ?? null) === (range.min ?? null) &&
        (from.years.max ?? null) === (range.max ?? null)
      );
    }
  }
}

/** Chooses a facet's value as a must, or takes it back. */
export function toggleFacet(from: Interpretation, facet: FacetName, option: FacetValue): Interpretation {
  const chosen = facetChosen(from, facet, option);
  if (facet === 'seniority') return toggleSeniority(from, option.value as Seniority);
  if (facet === 'years') return { ...from, years: chosen ? {} : (parseYears(option.value) ?? from.years) };
  if (!chosen) {
    const id = facet === 'locations' ? undefined : option.value;
    return add(from, { id, label: option.label, kind: SUGGESTED[facet] ?? 'skill' }, 'must');
  }
  const chip = toChips(from).find(
    (candidate) => candidate.field === facet && facetChosenByIndex(from, facet, candidate.index, option),
  );
  return chip ? remove(from, chip) : from;
}

function facetChosenByIndex(
  from: Interpretation,
  facet: ListField,
  index: number,
  option: FacetValue,
): boolean {
  const only = { ...emptyInterpretation(), [facet]: [from[facet][index]] };
  return facetChosen(only, facet as FacetName, option);
}

/** Whether nothing was understood: the text alone ranks. */
export const isEmpty = (from: Interpretation): boolean => toChips(from).length === 0;

/** Every must becomes nice to have: the way out when nobody meets them all. */
export function relaxAll(from: Interpretation): Interpretation {
  const relaxed = { ...from } as Record<string, unknown>;
  for (const field of LISTS) {
    relaxed[field] = from[field].map((item) => (item.kind === 'must' ? { ...item, kind: 'should' } : item));
  }
  return relaxed as unknown as Interpretation;
}
