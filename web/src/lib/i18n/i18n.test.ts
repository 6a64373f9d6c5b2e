import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';
import { en } from './en';
import { languages } from './index';

const SOURCE = join(import.meta.dirname, '../..');
/** A product's name and units of measure are the same in every language. */
const SAME_EVERYWHERE = /^(TalentPrompt|km|kB|MB|·|\/|,|…|–|\?|“|”|:|\.|\s|\d)*$/;

function filesOf(folder: string, end: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name));
}

/** The paths of all words: `search.title`, `chips.kinds.skill`. */
function keys(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, word]: [string, unknown]) =>
    word !== null && typeof word === 'object' && !Array.isArray(word)
      ? keys(word, `${prefix}${key}.`)
      : [`${prefix}${key}`],
  );
}

interface Node {
  type?: string;
  name?: string;
  data?: string;
  [key: string]: unknown;
}

/** The texts in a component's markup that a reader would see or hear. */
function literals(node: Node, inScript = false): string[] {
  if (inScript || node.type === 'Comment') return [];
  if (node.type === 'Text') return [node.data ?? ''];
  if (
    node.type === 'Attribute' &&
    !['aria-label', 'title', 'placeholder', 'alt', 'label'].includes(node.name ?? '')
  )
    return [];
  return Object.entries(node).flatMap(([key, child]) => {
    if (['expression', 'test', 'instance', 'module', 'css', 'metadata', 'parent'].includes(key)) return [];
    const children = Array.isArray(child) ? child : [child];
    return children.flatMap((c) => (c !== null && typeof c === 'object' ? literals(c as Node) : []));
  });
}

describe('the words of the interface', () => {
  it('have the same shape in every language', () => {
    for (const [code, words] of Object.entries(languages)) {
      expect(keys(words), code).toEqual(keys(en));
    }
  });

  it('say when more people may have been found', () => {
    expect(en.search.total(150, true)).toBe('150+ people');
    expect(en.search.total(1, false)).toBe('1 person');
  });

  it('are never empty', () => {
    const values = (value: object): unknown[] =>
      Object.values(value).flatMap((word: unknown) =>
        word !== null && typeof word === 'object' ? values(word) : [word],
      );
    for (const word of values(en)) {
      expect(typeof word === 'function' || (typeof word === 'string' && word.trim() !== '')).toBe(true);
    }
  });

  it('are all used', () => {
    const sources = [...filesOf(SOURCE, '.svelte'), ...filesOf(SOURCE, '.ts')]
      .filter((path) => !path.includes('i18n'))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    // Groups that are looked up by a value of the API are used as a whole: `t.seniority[level]`.
    const used = (key: string) => {
      const parts = key.split('.');
      return parts.some((_, n) => {
        const path = `t.${parts.slice(0, n + 1).join('.')}`;
        const whole = n + 1 === parts.length;
        return whole
          ? new RegExp(`\\b${path.replaceAll('.', '\\.')}\\b`).test(sources)
          : sources.includes(`${path}[`);
      });
    };
    expect(keys(en).filter((key) => !used(key) && !/^chips\.(kinds|must|should|not)/.test(key))).toEqual([]);
  });

  it('are the only words in the components', () => {
    const strays = filesOf(SOURCE, '.svelte').flatMap((path) => {
      const tree = parse(readFileSync(path, 'utf8'), { modern: true });
      return literals(tree.fragment as unknown as Node)
        .filter((text) => /\p{L}/u.test(text) && !SAME_EVERYWHERE.test(text))
        .map((text) => `${path.slice(SOURCE.length)}: ${text.trim()}`);
    });
    expect(strays).toEqual([]);
  });
});
