import { ask, check, sideways, until } from '../support/check.mjs';
import { poorContrast } from '../support/contrast.mjs';

const QUERY = 'senior Kubernetes engineer with Terraform, 5 to 8 years, not PHP';
const PAGES = [
  '/candidates',
  '/uploads',
  '/members',
  '/ai',
  '/settings',
  '/settings/sessions',
  '/settings/tokens',
  '/settings/mail',
  '/status',
  '/nowhere',
];
const WIDTHS = [320, 390, 768, 1440, 1920];

export const layout = [
  ...WIDTHS.map((width) => ({
    name: `nothing scrolls sideways at ${width} pixels`,
    viewport: { width, height: 844 },
    expects: [/status of 404/],
    async run(page, { base }) {
      await page.goto(base);
      check((await sideways(page)) <= 0, 'the empty search');
      await ask(page, QUERY);
      check((await sideways(page)) <= 0, 'the results');
      await page.getByRole('button', { name: 'Add a condition' }).click();
      check((await sideways(page)) <= 0, 'the adder');
      await page.keyboard.press('Escape');
      if ((await page.locator('.hit').count()) > 0) {
        await page.locator('.hit h2 a').first().click();
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.locator('.pane').waitFor({ state: 'attached' });
        check((await sideways(page)) <= 0, 'the person');
      }
      for (const path of PAGES) {
        await page.goto(base + path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        check((await sideways(page)) <= 0, path);
      }
    },
  })),
  {
    name: 'dark follows the system and the switch is remembered',
    colorScheme: 'dark',
    async run(page, { base }) {
      const dark = () =>
        page.evaluate(() =>
          getComputedStyle(document.body)
            .backgroundColor.match(/\d+/g)
            .map(Number)
            .every((value) => value < 60),
        );
      await page.goto(`${base}/settings`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      check(await dark(), 'dark by the system');
      await page.locator('main').getByRole('radio', { name: 'Light' }).check({ force: true });
      await until(async () => !(await dark()), 'light by choice');
      await page.reload();
      check(!(await dark()), 'light after a reload, before anything is drawn');
    },
  },
  {
    name: 'text has enough contrast in light and dark',
    async run(page, { base }) {
      await page.goto(base);
      await ask(page, QUERY);
      for (const scheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: scheme });
        const poor = await page.evaluate(poorContrast);
        check(poor.length === 0, `${scheme}: ${poor.join('; ')}`);
      }
    },
  },
  {
    name: 'a person is deleted for good after a clear question',
    async run(page, { base, person }) {
      await page.goto(base);
      await ask(page, person.query);
      await page
        .locator('.hit')
        .filter({ hasText: person.surname })
        .first()
        .getByRole('link')
        .first()
        .click();
      await page.getByRole('button', { name: 'Delete' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('This cannot be undone').waitFor();
      await dialog.getByRole('button', { name: 'Delete for good' }).click();
      await page.waitForURL(/\/(\?q=.*)?$/);
      check(
        (await page.locator('.hit').filter({ hasText: person.surname }).count()) === 0,
        'the person left the list',
      );
      await page.reload();
      await page
        .locator('.results [aria-live]')
        .getByText(/people|person/)
        .waitFor();
      check((await page.locator('.hit').filter({ hasText: person.surname }).count()) === 0, 'and the search');
    },
  },
];
