// Fails when the JavaScript a browser loads for the search page is above the budget. Follows static
// imports from the page's entry points; code that is fetched later, on demand, is listed apart.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 150;
const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const client = join(web, '.svelte-kit/output/client');
const manifestPath = join(client, '.vite/manifest.json');
if (!existsSync(manifestPath)) {
  console.error('No build found. Run `npm run build` first.');
  process.exit(2);
}

/** @type {Record<string, { file: string, src?: string, imports?: string[] }>} */
const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
const nodes = searchNodes();
const entries = Object.keys(manifest).filter(
  (key) =>
    /entry\/(start|app)/.test(manifest[key].file) ||
    nodes.some((node) => new RegExp(`nodes/${node}\\.js$`).test(key)),
);

/** @type {Set<string>} */
const files = new Set();
/** @param {string} key */
function follow(key) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const next of chunk.imports ?? []) follow(next);
}
entries.forEach(follow);

let total = 0;
for (const file of [...files].sort()) {
  const size = gzipSync(readFileSync(join(client, file))).length;
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(7)} kB  ${file}`);
}
const kb = total / 1024;
console.log(`${kb.toFixed(1).padStart(7)} kB  in all, gzip, for the search page (budget ${BUDGET_KB} kB)`);
if (files.size < 4 || kb > BUDGET_KB) {
  console.error(files.size < 4 ? 'Too few files found: the build has changed shape.' : 'Over the budget.');
  process.exit(1);
}

/** The numbers of the nodes (layouts and page) the address `/` needs, from the generated route table. */
function searchNodes() {
  const app = readFileSync(resolve(web, '.svelte-kit/generated/client-optimized/app.js'), 'utf8');
  const entry = /"\/\(app\)":\s*\[(\d+),\[([\d,]*)\]/.exec(app);
  if (!entry) throw new Error('the route table does not know the search page');
  const [, page, layouts] = entry;
  return [0, 1, Number(page), ...(layouts ?? '').split(',').filter(Boolean).map(Number)];
}
