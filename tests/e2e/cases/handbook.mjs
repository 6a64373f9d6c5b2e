import { check, sideways, until } from '../support/check.mjs';
import { poorContrast } from '../support/contrast.mjs';

const START = '/help/operator/';

export const handbook = [
  ...[390, 1440].flatMap((width) =>
    ['light', 'dark'].map((colorScheme) => ({
      name: `a stranger reads the handbook from end to end at ${width} pixels, ${colorScheme}`,
      anonymous: true,
      viewport: { width, height: 844 },
      colorScheme,
      async run(page, { base }) {
        await page.goto(base + START);
        const titles = [];
        for (;;) {
          titles.push(await page.getByRole('heading', { level: 1 }).innerText());
          check((await sideways(page)) <= 0, `${titles.at(-1)} scrolls sideways`);
          const poor = await page.evaluate(poorContrast);
          check(poor.length === 0, `${titles.at(-1)}: ${poor.join('; ')}`);
          const next = page.locator('a[rel=next]');
          if ((await next.count()) === 0) break;
          await next.click();
        }
        const listed = await page.locator('#chapters > ol > li').count();
        check(titles.length === listed && listed > 10, `${titles.length} chapters of ${listed}: ${titles}`);
      },
    })),
  ),
  {
    name: 'the handbook is searched, and the place is opened',
    anonymous: true,
    async run(page, { base }) {
      await page.goto(base + START);
      await page.keyboard.press('/');
      await page.keyboard.type('disk full');
      await page.getByRole('link', { name: 'Troubleshoot: The disk is full' }).click();
      await page.waitForURL(/troubleshoot\.html#the-disk-is-full$/);
      await page.getByRole('heading', { name: 'The disk is full' }).waitFor();
      await page.getByRole('searchbox').fill('xylophone');
      await page.getByText('Nothing has all of these words.').waitFor();
      await page.getByRole('searchbox').fill('');
      await until(() => page.locator('article').isVisible(), 'the chapter is back');
    },
  },
  {
    name: 'the page Status leads to the handbook',
    async run(page, { base }) {
      await page.goto(`${base}/status`);
      await page.getByRole('link', { name: 'Operator’s handbook' }).click();
      await page.getByRole('heading', { name: 'What it is and what it needs' }).waitFor();
    },
  },
];
