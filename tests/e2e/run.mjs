// Browser tests of the web application. One Chromium, one case after the other, each on a page of its own.
//
//   node tests/e2e/run.mjs --mock
//   node tests/e2e/run.mjs --base-url http://localhost:8080 --email E --password P [--setup-token T]
//
// `--mock` starts the web application's own mock server and adds the cases that need its fixtures.
// `--only TEXT` runs the cases whose name contains it; `--shots DIR` keeps a picture of each failure.
// The last line is `N passed, N failed`; the exit code is 1 when one failed.

import { parseArgs } from 'node:util';
import { accounts } from './cases/accounts.mjs';
import { ai } from './cases/ai.mjs';
import { candidates } from './cases/candidates.mjs';
import { handbook } from './cases/handbook.mjs';
import { keyboard } from './cases/keyboard.mjs';
import { layout } from './cases/layout.mjs';
import { search } from './cases/search.mjs';
import { signIn } from './cases/sign-in.mjs';
import { uploads } from './cases/uploads.mjs';
import { launch, runCase } from './support/browser.mjs';
import { startMock } from './support/mock.mjs';
import { newPerson } from './support/person.mjs';

const { values: options } = parseArgs({
  options: {
    'base-url': { type: 'string' },
    mock: { type: 'boolean', default: false },
    email: { type: 'string' },
    password: { type: 'string' },
    'setup-token': { type: 'string' },
    only: { type: 'string', default: '' },
    shots: { type: 'string' },
  },
});
if (!options.mock && !(options['base-url'] && options.email && options.password)) {
  console.error('Say --mock, or --base-url URL --email E --password P. See the head of this file.');
  process.exit(2);
}

const mock = options.mock ? await startMock() : null;
const world = {
  base: (mock?.base ?? options['base-url']).replace(/\/$/, ''),
  mock: options.mock,
  email: options.email ?? 'edda@example.test',
  password: options.password ?? 'four unrelated garden words',
  setupToken: mock?.setupToken ?? options['setup-token'],
  person: newPerson(Date.now()),
};

const browser = await launch();
const results = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const suite of [signIn, uploads, search, candidates, keyboard, accounts, ai, handbook, layout]) {
    for (const item of suite) {
      // Setting up and uploading is what the later cases stand on: they run whatever `--only` says.
      if (!item.needed && !item.name.includes(options.only)) continue;
      results[await runCase(browser, world, item, options.shots)] += 1;
    }
  }
} finally {
  await browser.close();
  mock?.stop();
}
if (results.skipped > 0) console.log(`${results.skipped} skipped`);
console.log(`${results.passed} passed, ${results.failed} failed`);
process.exit(results.failed > 0 ? 1 : 0);
