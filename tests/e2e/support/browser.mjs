// Starts Chromium, runs one case on a fresh page, and lets no console error or policy violation pass unseen.

import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(new URL('../../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const CASE_MS = 90_000;
const STEP_MS = 15_000;

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

/** Signed-in cookies are shared by the cases, as in one person's browser. */
let storage;

/** Runs one case: `{ name, run(page, world), mockOnly?, anonymous?, expects?, viewport?, colorScheme? }`. */
export async function runCase(browser, world, item, shots) {
  if ((item.mockOnly && !world.mock) || item.skip?.(world)) {
    console.log(`skip  ${item.name}`);
    return 'skipped';
  }
  const context = await browser.newContext({
    viewport: item.viewport ?? { width: 1440, height: 900 },
    colorScheme: item.colorScheme ?? 'light',
    storageState: item.anonymous ? undefined : storage,
    ignoreHTTPSErrors: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_MS);
  const complaints = await watch(context, page, item.expects ?? []);
  const started = Date.now();
  try {
    await within(CASE_MS, item.run(page, world, context));
    if (complaints.length > 0)
      throw new Error(`the browser complained:\n      ${complaints.join('\n      ')}`);
    if (!item.anonymous || item.keepsSession) storage = await context.storageState();
    console.log(`ok    ${item.name} (${Date.now() - started} ms)`);
    return 'passed';
  } catch (error) {
    console.log(
      `FAIL  ${item.name}\n      ${String(error.message ?? error)
        .split('\n')
        .slice(0, 14)
        .join('\n      ')}`,
    );
    if (complaints.length > 0) console.log(`      browser: ${complaints.join(' | ')}`);
    if (shots) {
      mkdirSync(shots, { recursive: true });
      await page
        .screenshot({ path: join(shots, `${item.name.replace(/\W+/g, '-')}.png`) })
        .catch(() => undefined);
    }
    return 'failed';
  } finally {
    await context.close();
  }
}

/** Collects console errors, thrown errors and policy violations; `expects` are patterns of wanted ones. */
async function watch(context, page, expects) {
  const complaints = [];
  const note = (text) => {
    if (!expects.some((pattern) => pattern.test(text))) complaints.push(text.slice(0, 300));
  };
  await context.exposeBinding('__violation', (_, text) => note(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.__violation(
        `policy: ${event.violatedDirective} refused ${event.blockedURI || 'inline'} at ${event.sourceFile ?? ''}`,
      );
    });
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => note(`thrown: ${error.message}`));
  return complaints;
}

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
