// Renders the operator's handbook, whose sources have mdBook's form (packaging/handbook), into pages of the web build.
//
// Not by mdBook itself: the pages are part of the binary, so that everybody who builds would have to compile it first,
// and it writes near a megabyte of scripts and styles that a strict content security policy refuses. The test run asks
// mdBook whether the form is kept. What a reader would only find later fails here: a link to a chapter or a heading
// that is not there, a chapter that is not in the summary.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Marked } from 'marked';
import { chapterList, escape, page, pager } from './page.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const STYLES = ['../../src/lib/styles/tokens.css', '../../src/lib/styles/base.css', 'style.css'];
export const SOURCES = join(HERE, '../../../packaging/handbook/src');

/** @typedef {{ id: string, text: string, depth: number, words: string }} Section */
/** @typedef {{ name: string, title: string, sections: Section[], html: string }} Chapter */

/** The pages' address, and below it, what may be kept for ever because its name has its content's hash. */
export const ADDRESS = '/help/operator/';

/**
 * Writes pages, style, script and search index below `build`.
 * @param {string} build
 * @param {string} [sources]
 */
export function renderHandbook(build, sources = SOURCES) {
  const chapters = read(sources);
  const folder = join(build, ADDRESS);
  mkdirSync(join(folder, 'immutable'), { recursive: true });
  /** @type {(name: string, content: string) => string} */
  const keep = (name, content) => {
    const hash = createHash('sha256').update(content).digest('base64url').slice(0, 10);
    const file = name.replace('.', `.${hash}.`);
    writeFileSync(join(folder, 'immutable', file), content);
    return `${ADDRESS}immutable/${file}`;
  };
  const text = (/** @type {string} */ file) => readFileSync(join(HERE, file), 'utf8');
  const style = keep('handbook.css', STYLES.map(text).join('\n'));
  const script = keep('handbook.js', text('search.js'));
  const index = keep('search.json', JSON.stringify(chapters.flatMap(entries)));
  chapters.forEach((chapter, at) => {
    const parts = {
      title: chapter.title,
      style,
      script,
      index,
      chapters: chapterList(chapters, at),
      pager: pager(chapters, at),
      text: chapter.html,
    };
    writeFileSync(join(folder, `${chapter.name}.html`), page(parts));
  });
}

/**
 * All chapters in the summary's order.
 * @param {string} sources
 * @returns {Chapter[]}
 */
export function read(sources) {
  const summary = readFileSync(join(sources, 'SUMMARY.md'), 'utf8');
  const listed = [...summary.matchAll(/^\s*-? ?\[(.+?)\]\((.+?)\.md\)$/gm)].map(([, title, name]) => ({
    title: String(title),
    name: String(name),
  }));
  const there = readdirSync(sources).filter((file) => file.endsWith('.md') && file !== 'SUMMARY.md');
  for (const file of there)
    if (!listed.some(({ name }) => `${name}.md` === file)) throw new Error(`${file} is not in SUMMARY.md`);
  const chapters = listed.map(({ title, name }) => chapter(sources, name, title));
  for (const { name, html } of chapters) checkLinks(name, html, chapters);
  return chapters;
}

/**
 * @param {string} sources
 * @param {string} name
 * @param {string} title
 * @returns {Chapter}
 */
function chapter(sources, name, title) {
  const markdown = readFileSync(join(sources, `${name}.md`), 'utf8').replace(
    /\{\{#include (.+?)\}\}/g,
    (_, path) => readFileSync(join(sources, path), 'utf8').trimEnd(),
  );
  /** @type {Section[]} */
  const sections = [];
  /** @type {Set<string>} */
  const taken = new Set();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const words = plain(tokens);
        const id = slug(words, taken);
        sections.push({ id, text: words, depth, words: '' });
        const inner = this.parser.parseInline(tokens);
        return depth === 1
          ? `<h1 id="${id}">${inner}</h1>\n`
          : `<h${depth} id="${id}"><a href="#${id}">${inner}</a></h${depth}>\n`;
      },
      // Wide ones scroll by themselves, also by the keyboard.
      code({ text, lang }) {
        const language = (lang ?? '').split(',')[0];
        const label = language === 'sh' ? 'Commands' : 'Text';
        return `<pre tabindex="0" role="region" aria-label="${label}"><code>${escape(text)}\n</code></pre>\n`;
      },
      table(token) {
        const row = (/** @type {import('marked').Tokens.TableCell[]} */ cells, /** @type {string} */ tag) =>
          `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>`;
        const body = token.rows.map((cells) => row(cells, 'td')).join('\n');
        return `<div class="table" tabindex="0" role="region" aria-label="Table"><table><thead>${row(token.header, 'th')}</thead>
<tbody>${body}</tbody></table></div>\n`;
      },
      link({ href, tokens }) {
        const target = href.replace(/^([\w-]+)\.md(?=#|$)/, (_, to) =>
          to === 'index' ? './' : `${to}.html`,
        );
        return `<a href="${escape(target)}">${this.parser.parseInline(tokens)}</a>`;
      },
      html() {
        throw new Error(`${name}.md holds HTML; the handbook is Markdown alone`);
      },
    },
  });
  const tokens = marked.lexer(markdown);
  const html = marked.parser(tokens);
  // The words below each heading are found by it.
  let at = -1;
  for (const token of tokens) {
    if (token.type === 'heading') at += 1;
    else if (sections[at]) sections[at].words += ` ${plain([token])}`;
  }
  return { name, title, sections, html };
}

/**
 * The words of tokens, without their form.
 * @param {import('marked').Token[]} tokens
 * @returns {string}
 */
function plain(tokens) {
  return tokens
    .map((token) => {
      if (token.type === 'table')
        return [token.header, ...token.rows]
          .flat()
          .map((cell) => plain(cell.tokens))
          .join(' ');
      if (token.type === 'list')
        return token.items.map((/** @type {any} */ item) => plain(item.tokens)).join(' ');
      return 'tokens' in token && token.tokens
        ? plain(token.tokens)
        : 'text' in token
          ? String(token.text)
          : ' ';
    })
    .join('')
    .replace(/\s+/g, ' ');
}

/**
 * A heading's anchor, as mdBook makes it.
 * @param {string} text
 * @param {Set<string>} taken
 */
function slug(text, taken) {
  const base = text
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s/g, '-');
  let id = base;
  for (let number = 1; taken.has(id); number += 1) id = `${base}-${number}`;
  taken.add(id);
  return id;
}

/**
 * @param {string} name
 * @param {string} html
 * @param {Chapter[]} chapters
 */
function checkLinks(name, html, chapters) {
  for (const [, href = ''] of html.matchAll(/href="([^"]*)"/g)) {
    if (/^(https?:|mailto:|\/)/.test(href)) continue;
    const [file = '', anchor] = href.split('#');
    const wanted = file === '' ? name : file === './' ? 'index' : file.replace(/\.html$/, '');
    const target = chapters.find((chapter) => chapter.name === wanted);
    if (!target || (anchor && !target.sections.some(({ id }) => id === anchor)))
      throw new Error(`${name}.md links to ${href}, which is not there`);
  }
}

/**
 * What the search looks at, a heading each.
 * @param {Chapter} chapter
 */
function entries({ name, title, sections }) {
  const file = name === 'index' ? './' : `${name}.html`;
  return sections.map(({ id, text, depth, words }) => ({
    href: ADDRESS + (depth === 1 ? file.replace('./', '') : `${file.replace('./', '')}#${id}`),
    chapter: title,
    heading: text,
    words: words.trim(),
  }));
}
