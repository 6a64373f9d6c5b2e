// The handbook's page around a chapter: head, list of chapters, the way on. Nothing inline, and whole without scripts.

const ESCAPES = /** @type {Record<string, string>} */ ({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
});

/** @param {string} text */
export const escape = (text) => text.replace(/[&<>"]/g, (mark) => ESCAPES[mark] ?? mark);

/** @param {{ name: string }} chapter */
const href = ({ name }) => (name === 'index' ? './' : `${name}.html`);

/**
 * The chapters, and below the one that is read, its sections.
 * @param {import('./render.js').Chapter[]} chapters
 * @param {number} at
 */
export function chapterList(chapters, at) {
  const item = (/** @type {import('./render.js').Chapter} */ chapter, /** @type {number} */ number) => {
    if (number !== at) return `<li><a href="${href(chapter)}">${escape(chapter.title)}</a></li>`;
    const sections = chapter.sections
      .filter(({ depth }) => depth === 2)
      .map(({ id, text }) => `<li><a href="#${id}">${escape(text)}</a></li>`);
    const list = sections.length > 0 ? `<ol>${sections.join('')}</ol>` : '';
    return `<li><a href="${href(chapter)}" aria-current="page">${escape(chapter.title)}</a>${list}</li>`;
  };
  return `<ol>${chapters.map(item).join('\n')}</ol>`;
}

/**
 * The chapters before and after.
 * @param {import('./render.js').Chapter[]} chapters
 * @param {number} at
 */
export function pager(chapters, at) {
  const [before, after] = [chapters[at - 1], chapters[at + 1]];
  return [
    before ? `<a rel="prev" href="${href(before)}">← ${escape(before.title)}</a>` : '<span></span>',
    after ? `<a rel="next" href="${href(after)}">${escape(after.title)} →</a>` : '',
  ].join('');
}

/**
 * @param {{ title: string, style: string, script: string, index: string, chapters: string, pager: string, text: string }} parts
 */
export function page({ title, style, script, index, chapters, pager, text }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#faf8f4" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#151715" media="(prefers-color-scheme: dark)">
<meta name="robots" content="noindex">
<title>${escape(title)} · Operator’s handbook · TalentPrompt</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<script src="/theme.js"></script>
<link rel="stylesheet" href="${style}">
<script src="${script}" defer></script>
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<header>
<div class="bar">
<a class="brand" href="/">TalentPrompt</a>
<a class="book" href="./">Operator’s handbook</a>
<a class="to-chapters" href="#chapters">Chapters</a>
<form role="search" data-index="${index}" hidden>
<label class="visually-hidden" for="find">Search the handbook</label>
<input id="find" type="search" placeholder="Search the handbook" autocomplete="off" spellcheck="false">
</form>
</div>
</header>
<div class="columns">
<main id="text" tabindex="-1">
<section class="found" aria-live="polite" hidden></section>
<article>
${text}</article>
<nav class="pager" aria-label="Before and after">${pager}</nav>
</main>
<nav id="chapters" aria-labelledby="chapters-title">
<h2 id="chapters-title">Chapters</h2>
${chapters}
</nav>
</div>
</body>
</html>
`;
}
