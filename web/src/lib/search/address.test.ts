import { describe, expect, it } from 'vitest';
import { candidateAddress, fromAddress, LONGEST_IN_ADDRESS, toAddress } from './address';
import { emptyInterpretation } from './chips';

function memory() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

const read = (address: string, store = memory()) => fromAddress(new URL(address, 'http://localhost'), store);

describe('the address of a search', () => {
  it('comes back as it went, with edits of the chips', () => {
    const filters = {
      ...emptyInterpretation(),
      skills: [{ id: 'cpp', label: 'C++', kind: 'must' as const }],
      years: { min: 3 },
      remote: false,
    };
    for (const query of ['C++ & C#, 50% "remote"', 'Łódź 🚀', '(a OR b) AND NOT c']) {
      expect(read(toAddress({ query }, memory()))).toEqual({ query });
      expect(read(toAddress({ query, filters }, memory()))).toEqual({ query, filters });
    }
  });

  it('asks nothing where nothing is asked', () => {
    expect(read('/')).toBeNull();
    expect(read('/?q=%20')).toBeNull();
    expect(toAddress({ query: '' }, memory())).toBe('/');
  });

  it('keeps a pasted description out of the address', () => {
    const store = memory();
    const query = 'We look for someone. '.repeat(900);
    const address = toAddress({ query }, store);
    expect(address.length).toBeLessThan(LONGEST_IN_ADDRESS);
    expect(read(address, store)).toEqual({ query });
    expect(read(address, memory())).toBeNull();
  });

  it.each(['{', '[]', 'null', '"x"', '1'])('ignores mangled filters %s', (filters) => {
    expect(read(`/?q=go&f=${encodeURIComponent(filters)}`)).toEqual({ query: 'go' });
  });

  it('goes along to the person, so that the evidence can be shown', () => {
    expect(candidateAddress('01', { query: 'go' }, memory())).toBe('/candidates/01?q=go');
    expect(candidateAddress('01', null, memory())).toBe('/candidates/01');
  });
});
