import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { read, renderHandbook } from './render.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handbook-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
};
const SUMMARY = '# Book\n\n- [One](index.md)\n- [Two](two.md)\n';

describe('the handbook', () => {
  it('renders its own sources, nothing inline', () => {
    renderHandbook(folder);
    const pages = join(folder, 'help/operator');
    const names = readdirSync(pages).filter((name) => name.endsWith('.html'));
    expect(names).toContain('troubleshoot.html');
    for (const name of names)
      expect(readFileSync(join(pages, name), 'utf8')).not.toMatch(/<style|<script>|\sstyle=|\son\w+=/);
  });

  it('hides what is marked for the tests, and keeps the commands as they are', () => {
    write({
      'SUMMARY.md': SUMMARY,
      'index.md': '# One\n\n```sh,run,exit=0-1\na <b> & c\n```\n',
      'two.md': '# Two\n',
    });
    expect(read(folder)[0]?.html).toContain('<code>a &lt;b&gt; &amp; c\n</code>');
    expect(read(folder)[0]?.html).not.toContain('exit=');
  });

  it('links chapters by their pages, and finds words under their heading', () => {
    write({
      'SUMMARY.md': SUMMARY,
      'index.md': '# One\n\nSee [there](two.md#the-way-back).\n',
      'two.md': '# Two\n\n## The way back\n\nis `long`.\n',
    });
    const [one, two] = read(folder);
    expect(one?.html).toContain('href="two.html#the-way-back"');
    expect(two?.sections.map(({ text, words }) => [text, words.trim()])).toEqual([
      ['Two', ''],
      ['The way back', 'is long.'],
    ]);
  });

  it.each([
    ['a chapter that is not there', '# One\n\n[x](three.md)\n', /links to three\.html/],
    ['a heading that is not there', '# One\n\n[x](two.md#nowhere)\n', /links to two\.html#nowhere/],
    ['HTML', '# One\n\n<b>x</b>\n', /holds HTML/],
  ])('refuses %s', (_, text, message) => {
    write({ 'SUMMARY.md': SUMMARY, 'index.md': text, 'two.md': '# Two\n' });
    expect(() => read(folder)).toThrow(message);
  });

  it('refuses a chapter that the summary does not have', () => {
    write({ 'SUMMARY.md': SUMMARY, 'index.md': '# One\n', 'two.md': '# Two\n', 'three.md': '# Three\n' });
    expect(() => read(folder)).toThrow(/three\.md is not in SUMMARY\.md/);
  });
});
