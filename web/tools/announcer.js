// SvelteKit's announcer of page changes carries an inline style, which `style-src 'self'` refuses. Our class
// for what only a screen reader needs does the same.

const INLINE_STYLE = /style="position: absolute;[^"]*"/;

/** @returns {import('vite').Plugin} */
export function announcerWithoutInlineStyle() {
  return {
    name: 'announcer-without-inline-style',
    enforce: 'pre',
    transform(code, id) {
      if (!/generated\/root\.svelte$/.test(id)) return null;
      if (!INLINE_STYLE.test(code))
        this.error('the announcer of page changes has changed: adapt tools/announcer.js');
      return { code: code.replace(INLINE_STYLE, 'class="visually-hidden"'), map: null };
    },
  };
}
