import { ask, check, until } from '../support/check.mjs';

async function openFromSearch(page, { base, person }) {
  await page.goto(base);
  await ask(page, person.query);
  const hit = page.locator('.hit').filter({ hasText: person.surname }).first();
  await until(async () => (await hit.locator('q').count()) > 0, 'a quotation is shown');
  await hit.getByRole('link').first().click();
  await page.waitForURL(/\/candidates\//);
}

const inView = (locator) =>
  locator.evaluate((element) => {
    const box = element.getBoundingClientRect();
    const view = element.closest('.view').getBoundingClientRect();
    return box.top >= view.top - 1 && box.bottom <= Math.min(view.bottom, innerHeight) + 1;
  });

export const candidates = [
  {
    name: 'the evidence of the search is highlighted in the document',
    async run(page, world) {
      await openFromSearch(page, world);
      const marks = page.locator('mark');
      await marks.first().waitFor();
      const quotes = await page.locator('.evidence button q').allTextContents();
      check(quotes.length > 0, 'the evidence is listed beside the document');
      const marked = (await marks.allTextContents()).join('|');
      check(/Kubernetes|Terraform/.test(marked), `what is marked is the evidence, not: ${marked}`);
      // Every word before the marks survives: the offsets count the emoji once.
      const text = await page.locator('.view .text').textContent();
      check(text.trim() === world.person.text.trim(), 'the text is whole');
    },
  },
  {
    name: 'the evidence is highlighted after a reload too',
    async run(page, world) {
      await openFromSearch(page, world);
      await page.locator('mark').first().waitFor();
      await page.reload();
      await page.locator('mark').first().waitFor();
    },
  },
  {
    name: 'a press on a skill shows where the document says it',
    async run(page, world) {
      await openFromSearch(page, world);
      const skill = page
        .getByRole('button', { name: 'Terraform', exact: false })
        .filter({ hasText: /^\s*Terraform/ })
        .first();
      await skill.click();
      const shown = page.locator('mark[data-kind=shown]').first();
      await shown.waitFor();
      check(
        (await page.locator('mark[data-kind=shown]').allTextContents()).join('').includes('Terraform'),
        'the skill is marked',
      );
      await until(() => inView(shown), 'the mark is in view');
    },
  },
  {
    name: 'on a narrow screen a press on the evidence turns to the document',
    viewport: { width: 390, height: 844 },
    async run(page, world) {
      await openFromSearch(page, world);
      await page.locator('.evidence button').first().click();
      const shown = page.locator('mark[data-kind=shown]').first();
      await shown.waitFor();
      check(await shown.isVisible(), 'the mark is seen');
      await page.getByRole('button', { name: 'Profile' }).click();
      await page.locator('.evidence').waitFor();
    },
  },
  {
    name: 'the original document is shown beside the profile',
    async run(page, world) {
      await openFromSearch(page, world);
      await page.getByRole('tab', { name: 'Original' }).click();
      const frame = page.frameLocator('iframe');
      await frame.getByText(world.person.name).first().waitFor();
    },
  },
  {
    name: 'a headline corrected by hand is kept',
    async run(page, world) {
      await openFromSearch(page, world);
      await page.getByRole('button', { name: 'Edit' }).click();
      await page.getByLabel('Headline').fill('Keeper of clusters');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.locator('.headline').getByText('Keeper of clusters').waitFor();
      await page.reload();
      await page.locator('.headline').getByText('Keeper of clusters').waitFor();
    },
  },
  {
    name: 'going back finds the list as it was left',
    async run(page, world) {
      await openFromSearch(page, world);
      let searches = 0;
      page.on('request', (request) => {
        if (request.url().includes('/search/stream')) searches += 1;
      });
      await page.getByText('Back to the results').click();
      await page.locator('.hit').filter({ hasText: world.person.surname }).first().waitFor();
      check(searches === 0, 'nothing was asked again');
    },
  },
  {
    name: 'a person unknown or deleted is told in words',
    expects: [/status of 404/],
    async run(page, { base }) {
      await page.goto(`${base}/candidates/01970001-0000-7000-8000-00000000ffff`);
      await page.getByRole('alert').waitFor();
    },
  },
];
