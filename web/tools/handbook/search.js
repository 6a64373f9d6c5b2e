// The handbook's search: every section that holds all words, headings first. Without this script the page is whole.
const form = document.querySelector('form[role=search]');
const input = document.getElementById('find');
const found = document.querySelector('.found');
const article = document.querySelector('article');

/** Around the first word, enough to recognise the place. */
const BEFORE = 60;
const LENGTH = 180;
const MOST = 20;

if (form instanceof HTMLFormElement && input instanceof HTMLInputElement && found && article) {
  form.hidden = false;
  /** @type {Promise<{ href: string, chapter: string, heading: string, words: string }[]> | undefined} */
  let index;
  const load = () => (index ??= fetch(form.dataset.index ?? '').then((answer) => answer.json()));
  input.addEventListener('focus', load, { once: true });
  form.addEventListener('submit', (event) => event.preventDefault());
  input.addEventListener('input', () => void look());
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && document.activeElement !== input && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      input.focus();
    }
  });

  const look = async () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found.toggleAttribute('hidden', words.length === 0);
    article.toggleAttribute('hidden', words.length > 0);
    if (words.length === 0) return;
    const sections = await load();
    const hits = sections
      .map((section) => ({ section, score: score(section, words) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, MOST);
    const count = document.createElement('p');
    count.className = 'muted';
    count.textContent = hits.length === 0 ? 'Nothing has all of these words.' : `${hits.length} found`;
    found.replaceChildren(count, ...hits.map(({ section }) => show(section, words)));
  };

  /**
   * None where a word is missing; else a word in the heading counts most.
   * @param {{ chapter: string, heading: string, words: string }} section
   * @param {string[]} words
   */
  const score = ({ chapter, heading, words: text }, words) => {
    const [title, all] = [heading.toLowerCase(), `${chapter} ${heading} ${text}`.toLowerCase()];
    if (!words.every((word) => all.includes(word))) return 0;
    return 1 + words.filter((word) => title.includes(word)).length;
  };

  /**
   * @param {{ href: string, chapter: string, heading: string, words: string }} section
   * @param {string[]} words
   */
  const show = ({ href, chapter, heading, words: text }, words) => {
    const link = document.createElement('a');
    link.href = href;
    link.textContent = chapter === heading ? heading : `${chapter}: ${heading}`;
    // The same page would only scroll, behind the results.
    link.addEventListener('click', () => {
      input.value = '';
      void look();
    });
    const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0);
    const from = Math.max(0, Math.min(...places, text.length) - BEFORE);
    const quote = document.createElement('p');
    quote.textContent = (from > 0 ? '… ' : '') + text.slice(from, from + LENGTH);
    const block = document.createElement('div');
    block.append(link, quote);
    return block;
  };
}
