import { ask, check, until } from '../support/check.mjs';

const focused = (page) =>
  page.evaluate(() => document.activeElement?.getAttribute('href') ?? document.activeElement?.id ?? '');

export const keyboard = [
  {
    name: 'slash goes to the search box from any page',
    async run(page, { base }) {
      await page.goto(`${base}/candidates`);
      await page.getByRole('heading', { name: 'Candidates' }).waitFor();
      await page.keyboard.press('/');
      await page.waitForURL(`${base}/`);
      await until(async () => (await focused(page)) === 'query', 'the box has the focus');
      check((await page.locator('#query').inputValue()) === '', 'the slash itself is not typed');
    },
  },
  {
    name: 'j and k move through the results and Enter opens one',
    async run(page, { base }) {
      await page.goto(base);
      await ask(page, 'Kubernetes or Python');
      await page.keyboard.press('Escape');
      await page.keyboard.press('j');
      const first = await focused(page);
      check(first.startsWith('/candidates/'), `j goes to the first person, not to ${first}`);
      await page.keyboard.press('j');
      const second = await focused(page);
      check(second !== first, 'j goes on');
      await page.keyboard.press('k');
      check((await focused(page)) === first, 'k goes back');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/candidates\//);
      await page.keyboard.press('Escape');
      await page.waitForURL(/\/\?q=/);
    },
  },
  {
    name: 'the question mark shows the help and Escape closes it',
    async run(page, { base }) {
      await page.goto(`${base}/status`);
      await page.getByRole('heading', { name: 'Status' }).waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
      await page.keyboard.press('Escape');
      await until(async () => (await page.locator('dialog[open]').count()) === 0, 'the help is closed');
    },
  },
  {
    name: 'the first tab stop skips to the content and the focus is seen',
    async run(page, { base }) {
      await page.goto(`${base}/candidates`);
      await page.getByRole('heading', { name: 'Candidates' }).waitFor();
      await page.keyboard.press('Tab');
      check((await focused(page)) === '#content', 'the skip link is first');
      await page.keyboard.press('Tab');
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      check(outline !== 'none', 'the focus has an outline');
    },
  },
];
