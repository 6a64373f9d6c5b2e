import adapter from './tools/adapter.js';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ pages: 'build', fallback: 'index.html' }),
    // One address for everything: the binary serves the pages and the API.
    paths: { relative: false },
    // A fixed name, so that two builds of the same source are the same bytes.
    version: { name: process.env.npm_package_version ?? 'dev', pollInterval: 0 },
    output: { bundleStrategy: 'split' },
  },
};
