// The static adapter, plus one step: the small script SvelteKit writes into the page to start the
// application moves into a hashed file. The page then holds no inline script and no inline style,
// so the server can send `script-src 'self'; style-src 'self'` without hashes that change per build.
// And the operator's handbook, which the server has beside the application.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import adapterStatic from '@sveltejs/adapter-static';
import { renderHandbook } from './handbook/render.js';

const INLINE_SCRIPT = /<script>([\s\S]*?)<\/script>/g;

/** @param {{ pages: string, fallback: string }} options */
export default function adapter(options) {
  const inner = adapterStatic({ ...options, precompress: false, strict: true });
  return {
    ...inner,
    name: 'static-without-inline-scripts',
    /** @param {import('@sveltejs/kit').Builder} builder */
    async adapt(builder) {
      await inner.adapt(builder);
      moveInlineScripts(options.pages, options.fallback);
      renderHandbook(options.pages);
      await builder.compress(options.pages);
    },
  };
}

/**
 * @param {string} folder
 * @param {string} page
 */
function moveInlineScripts(folder, page) {
  const path = join(folder, page);
  const html = readFileSync(path, 'utf8').replace(INLINE_SCRIPT, (_, /** @type {string} */ code) => {
    const hash = createHash('sha256').update(code).digest('base64url').slice(0, 10);
    const file = `_app/immutable/entry/boot.${hash}.js`;
    writeFileSync(join(folder, file), code.trim() + '\n');
    return `<script src="/${file}"></script>`;
  });
  if (/<script>|<style|\sstyle=|\son\w+=/.test(html)) {
    throw new Error(
      `${path} still holds an inline script or style; a strict content security policy would refuse it`,
    );
  }
  writeFileSync(path, html);
}
