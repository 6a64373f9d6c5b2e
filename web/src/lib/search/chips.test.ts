import { describe, expect, it } from 'vitest';
import type { Interpretation, Kind } from '$lib/api/types';
import {
  add,
  addKeyword,
  cycleKind,
  emptyInterpretation,
  facetChosen,
  isEmpty,
  merge,
  parseYears,
  relaxAll,
  remove,
  setLevel,
  setMinYears,
  setRadius,
  setYears,
  toChips,
  toggleFacet,
  toggleSeniority,
} from './chips';

const skill = (id: string, label: string, kind: Kind = 'must') => ({ id, label, kind });

function example(): Interpretation {
  return {
    ...emptyInterpretation(),
    skills: [
      skill('python', 'Python'),
      skill('k8s', 'Kubernetes', 'should'),
      skill('angular', 'Angular', 'not'),
    ],
    seniority: ['senior'],
    years: { min: 5, max: 8 },
    locations: [{ name: 'Berlin', country: 'DE', radius_km: 50, kind: 'must' }],
    remote: true,
    languages: [{ code: 'de', level: 'B2', kind: 'must' }],
    education: [{ level: 'master', field: 'physics', kind: 'should' }],
    keywords: [{ text: 'event sourcing', kind: 'must' }],
    corrections: [{ from: 'pyhton', to: 'Python', applied: true }],
  };
}

const chipOf = (from: Interpretation, label: string) => {
  const chip = toChips(from).find((candidate) => candidate.label === label);
  if (!chip) throw new Error(`no chip ${label}`);
  return chip;
};

describe('toChips', () => {
  it('shows every part of an understanding', () => {
    const shown = toChips(example()).map(({ label, detail }) => [label, detail].filter(Boolean).join(' '));
    expect(shown).toEqual([
      'Senior',
      'Python',
      'Kubernetes',
      'Angular',
      '5 to 8 years',
      'Berlin within 50 km',
      'remote',
      'German B2',
      'Master physics',
      '“event sourcing”',
    ]);
  });

  it('gives every chip a key of its own', () => {
    const keys = toChips(example()).map((chip) => chip.key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('shows nothing of an empty understanding', () => {
    expect(isEmpty(emptyInterpretation())).toBe(true);
    expect(isEmpty(example())).toBe(false);
  });
});

describe('editing', () => {
  it('goes from must over nice to not and round again', () => {
    let now = example();
    const seen: Kind[] = [];
    for (let i = 0; i < 3; i += 1) {
      now = cycleKind(now, chipOf(now, 'Python'));
      seen.push(now.skills[0]?.kind ?? 'must');
    }
    expect(seen).toEqual(['should', 'not', 'must']);
    expect(now).toEqual(example());
  });

  it('changes only what was meant and never the original', () => {
    const before = example();
    const after = cycleKind(before, chipOf(before, 'Kubernetes'));
    expect(before).toEqual(example());
    expect(after.skills[0]).toBe(before.skills[0]);
    expect(after.corrections).toBe(before.corrections);
  });

  it('keeps the key of a chip while its strength changes, so that the focus stays', () => {
    const before = example();
    expect(chipOf(cycleKind(before, chipOf(before, 'Python')), 'Python').key).toBe(
      chipOf(before, 'Python').key,
    );
  });

  it('ends an alternative that becomes unwanted', () => {
    const from = { ...emptyInterpretation(), skills: [{ ...skill('react', 'React', 'should'), any_of: 1 }] };
    expect(cycleKind(from, chipOf(from, 'React')).skills[0]).toEqual({
      ...skill('react', 'React', 'not'),
      any_of: undefined,
    });
  });

  it('leaves what has no strength as it is', () => {
    const from = example();
    expect(cycleKind(from, chipOf(from, 'Senior'))).toBe(from);
  });

  it('removes any chip until nothing is left', () => {
    let now = example();
    for (let chip = toChips(now)[0]; chip; chip = toChips(now)[0]) now = remove(now, chip);
    expect(now).toEqual({ ...emptyInterpretation(), corrections: example().corrections });
  });

  it('sets ranges, radius, level and least years, and takes them back', () => {
    const from = example();
    expect(setYears(from, 8, 3).years).toEqual({ min: 3, max: 8 });
    expect(setYears(from, null, 4).years).toEqual({ max: 4 });
    expect(setYears(from, -1, Number.NaN).years).toEqual({});
    expect(setRadius(from, 0, 25).locations[0]?.radius_km).toBe(25);
    expect(setRadius(from, 0, null).locations[0]?.radius_km).toBeUndefined();
    expect(setLevel(from, 0, 'C1').languages[0]?.level).toBe('C1');
    expect(setMinYears(from, 0, 3).skills[0]?.min_years).toBe(3);
    expect(setMinYears(from, 0, 0).skills[0]?.min_years).toBeUndefined();
  });

  it('adds each kind of suggestion once', () => {
    let now = emptyInterpretation();
    for (let i = 0; i < 2; i += 1) {
      now = add(now, { id: 'go', label: 'Go', kind: 'skill' }, 'must');
      now = add(now, { label: 'Nurse', kind: 'title' }, 'should');
      now = add(now, { label: 'Vienna', kind: 'place' }, 'must');
      now = add(now, { id: 'pl', label: 'Polish', kind: 'language' }, 'must');
      now = addKeyword(now, '  event sourcing ', 'must');
    }
    expect(toChips(now).map((chip) => chip.label)).toEqual([
      'Nurse',
      'Go',
      'Vienna',
      'Polish',
      '“event sourcing”',
    ]);
  });

  it('gives what is there already the new strength', () => {
    const after = add(example(), { id: 'angular', label: 'Angular', kind: 'skill' }, 'must');
    expect(after.skills.map((s) => s.kind)).toEqual(['must', 'should', 'must']);
  });

  it('keeps seniority in its order', () => {
    expect(toggleSeniority(toggleSeniority(example(), 'lead'), 'junior').seniority).toEqual([
      'junior',
      'senior',
      'lead',
    ]);
    expect(toggleSeniority(example(), 'senior').seniority).toEqual([]);
  });

  it('relaxes musts and leaves exclusions', () => {
    expect(relaxAll(example()).skills.map((s) => s.kind)).toEqual(['should', 'should', 'not']);
  });
});

describe('facets', () => {
  const options = [
    ['skills', { value: 'docker', label: 'Docker', count: 3 }],
    ['locations', { value: 'Vienna', label: 'Vienna', count: 3 }],
    ['languages', { value: 'fr', label: 'French', count: 3 }],
    ['seniority', { value: 'lead', label: 'Lead', count: 3 }],
    ['years', { value: '11+', label: '11 years and more', count: 3 }],
  ] as const;

  it.each(options)('chooses and takes back a value of %s', (name, option) => {
    const from = emptyInterpretation();
    const chosen = toggleFacet(from, name, option);
    expect(facetChosen(chosen, name, option)).toBe(true);
    expect(toggleFacet(chosen, name, option)).toEqual(from);
  });

  it('does not show what is excluded as chosen', () => {
    expect(facetChosen(example(), 'skills', { value: 'angular', label: 'Angular', count: 1 })).toBe(false);
  });

  it('reads ranges of years and nothing else', () => {
    expect(parseYears('3-5')).toEqual({ min: 3, max: 5 });
    expect(parseYears('3–5')).toEqual({ min: 3, max: 5 });
    expect(parseYears('10+')).toEqual({ min: 10 });
    expect(parseYears('<2')).toEqual({ max: 2 });
    expect(parseYears('many')).toBeNull();
  });
});

describe('merge', () => {
  it('adds what a proposal holds behind what is there', () => {
    const adds = { ...emptyInterpretation(), skills: [skill('docker', 'Docker', 'should')] };
    const merged = merge(example(), adds);
    expect(merged.skills.map(({ label }) => label)).toEqual(['Python', 'Kubernetes', 'Angular', 'Docker']);
    expect(merged.corrections).toEqual(example().corrections);
  });

  it('leaves what is there as it is', () => {
    const adds = {
      ...emptyInterpretation(),
      skills: [skill('python', 'Python', 'not')],
      seniority: ['senior' as const],
    };
    expect(merge(example(), adds)).toEqual(example());
  });

  it('keeps levels in their order and takes years', () => {
    const adds = { ...emptyInterpretation(), seniority: ['junior' as const], years: { min: 3 } };
    const merged = merge({ ...example(), years: {} }, adds);
    expect(merged.seniority).toEqual(['junior', 'senior']);
    expect(merged.years).toEqual({ min: 3 });
  });
});
