import { ask, check, until } from '../support/check.mjs';

const chip = (page, label) => page.locator('.chip').filter({ hasText: label });
const names = (page) => page.locator('.hit h2').allTextContents();

export const search = [
  {
    name: 'an uploaded person is found with the words that prove it',
    async run(page, { base, person }) {
      await page.goto(base);
      await ask(page, person.query);
      const hit = page.locator('.hit').filter({ hasText: person.surname }).first();
      await hit.waitFor();
      await until(async () => (await hit.locator('q').count()) > 0, 'a quotation is shown');
      const quotes = (await hit.locator('q').allTextContents()).join('\n');
      check(/Kubernetes|Terraform/.test(quotes), `the quotation speaks of what was asked, not: ${quotes}`);
      check(page.url().includes('q='), 'the query is in the address');
    },
  },
  {
    name: 'a chip changes its strength and searches again at once',
    async run(page, { base, person }) {
      await page.goto(base);
      await ask(page, person.query);
      const terraform = chip(page, 'Terraform').first();
      await terraform.locator('.kind').click();
      await until(
        async () => (await terraform.getAttribute('data-kind')) === 'should',
        'must becomes nice to have',
      );
      await terraform.locator('.kind').click();
      await until(
        async () => (await terraform.getAttribute('data-kind')) === 'not',
        'nice to have becomes not',
      );
      await until(
        async () => !(await names(page)).some((name) => name.includes(person.surname)),
        'the person with Terraform is gone',
      );
      check(page.url().includes('f='), 'the edit is in the address');
      await page.goBack();
      await page.goBack();
      await page.locator('.hit').filter({ hasText: person.surname }).first().waitFor();
    },
  },
  {
    name: 'a chip can be removed and another added by name',
    async run(page, { base }) {
      await page.goto(base);
      await ask(page, 'Kubernetes and Terraform');
      await page.getByRole('button', { name: 'Remove Terraform' }).click();
      await until(async () => (await chip(page, 'Terraform').count()) === 0, 'the chip is gone');
      await page.getByRole('button', { name: 'Add a condition' }).click();
      await page.getByRole('textbox', { name: 'Skill' }).fill('pyth');
      await page.locator('.found').getByRole('button', { name: 'Python', exact: true }).click();
      await chip(page, 'Python').first().waitFor();
      await page.getByRole('button', { name: 'Back to what was read' }).click();
      await chip(page, 'Terraform').first().waitFor();
    },
  },
  {
    name: 'what a model proposes is offered and steers nothing until it is taken',
    mockOnly: true,
    async run(page, { base }) {
      await page.goto(base);
      await ask(page, 'Python, container wrangling, keeps the lights on');
      const offered = page.getByRole('button', { name: 'Add Docker, from “container wrangling”' });
      await offered.waitFor();
      check((await chip(page, 'Docker').count()) === 0, 'a proposal is no chip yet');
      check(!page.url().includes('f='), 'a proposal changes no search');
      await page.getByText('Proposed by mock/small, $0.00031').waitFor();
      await offered.click();
      await chip(page, 'Docker').first().waitFor();
      check(page.url().includes('f='), 'what was taken is in the address');
      await until(async () => (await offered.count()) === 0, 'what was taken is not offered again');
      await page.getByRole('button', { name: 'No, thanks' }).click();
      await until(async () => (await page.locator('.proposal').count()) === 0, 'the rest is gone');
    },
  },
  {
    name: 'of a clear query no model is asked unless somebody wishes it',
    mockOnly: true,
    async run(page, { base }) {
      await page.goto(base);
      await ask(page, 'Python container wrangling');
      await page.getByRole('button', { name: 'Ask a model what they mean' }).click();
      await page.getByRole('button', { name: 'Add Docker, from “container wrangling”' }).waitFor();
      await ask(page, 'modelless Python keeps the lights on');
      await page.getByText('no AI provider is set up').waitFor();
    },
  },
  {
    name: 'a summary of a hit shows the words it stands on and who wrote it',
    mockOnly: true,
    async run(page, { base }) {
      await page.goto(base);
      await ask(page, 'Kubernetes');
      const hit = page.locator('.hit').first();
      await hit.getByRole('button', { name: 'Summarise' }).click();
      await hit.getByText('Written by mock/small, $0.00031').waitFor();
      check((await hit.locator('.summary q').count()) > 0, 'a quotation stands below the sentence');
      await hit.locator('h2 a').click();
      await page.locator('#evidence').waitFor();
      await page.locator('.left').getByRole('button', { name: 'Summarise' }).click();
      await page.locator('.summary button.quote').first().click();
    },
  },
  {
    name: 'a range of years can be set',
    async run(page, { base }) {
      await page.goto(base);
      await ask(page, 'Kubernetes, 3 to 5 years');
      await page.getByRole('button', { name: 'Change 3 to 5 years' }).click();
      await page.getByRole('spinbutton', { name: 'To' }).fill('9');
      await page.getByRole('button', { name: 'Apply' }).click();
      await chip(page, '3 to 9 years').first().waitFor();
    },
  },
  {
    name: 'a facet narrows the list and can be taken back',
    async run(page, { base }) {
      await page.goto(base);
      await ask(page, 'Kubernetes');
      const option = page.locator('.facets .values button[aria-pressed=false]').first();
      const label = (await option.locator('.label').textContent()) ?? '';
      await option.click();
      await chip(page, label).first().waitFor();
      await page.locator('.facets .values button[aria-pressed=true]').filter({ hasText: label }).click();
      await until(async () => (await chip(page, label).count()) === 0, 'the facet is taken back');
    },
  },
  {
    name: 'a pasted description of twenty thousand characters works and one more is refused',
    async run(page, { base }) {
      await page.goto(base);
      const text = 'We look for a Kubernetes engineer who writes Terraform. '.repeat(400).slice(0, 20_000);
      await page.locator('#query').fill(text);
      await page.keyboard.press('Enter');
      await chip(page, 'Kubernetes').first().waitFor();
      check(page.url().length < 2000, 'the address stays short');
      await page.reload();
      await chip(page, 'Kubernetes').first().waitFor();
      await page.locator('#query').fill(`${text}!`);
      await page.getByText('1 characters too long').waitFor();
    },
  },
  {
    name: 'the empty page teaches with examples that run',
    async run(page, { base }) {
      await page.goto(base);
      await until(
        async () => (await page.locator('.rows li button').count()) === 3,
        'three examples are shown',
      );
      await page.locator('.rows li button').first().click();
      await page.locator('.chip').first().waitFor();
    },
  },
  {
    name: 'a late better order is offered and never forced',
    mockOnly: true,
    async run(page, { base }) {
      await page.goto(`${base}/?q=${encodeURIComponent('slowly python aws berlin')}`);
      await page.locator('.hit').first().waitFor();
      const list = await page.locator('.hits').boundingBox();
      await page.mouse.move(list.x + 60, list.y + 40);
      await page.mouse.move(list.x + 80, list.y + 60);
      const before = await names(page);
      const offer = page.getByRole('button', { name: /A better order is ready|More evidence is ready/ });
      await offer.waitFor();
      check(JSON.stringify(await names(page)) === JSON.stringify(before), 'the list stayed as it was');
      const after = await page.locator('.hits').boundingBox();
      check(after.y === list.y, 'the offer does not push the list');
      await offer.click();
      await page.locator('.hit q').first().waitFor();
    },
  },
  {
    name: 'spelling, refusals, degraded services and throttling are said',
    mockOnly: true,
    expects: [/status of 429/],
    async run(page, { base }) {
      await page.goto(base);
      await ask(page, 'young pyhton developer, degraded');
      await page.getByText('Searched for “Python” instead of “pyhton”.').waitFor();
      await page.getByText('Age must not decide').waitFor();
      await page.getByText('Part of the search is away').waitFor();
      await page.locator('#query').fill('throttled');
      await page.keyboard.press('Enter');
      await page.getByText(/Too many requests. It works again in/).waitFor();
    },
  },
  {
    name: 'nobody matching is said with a way out',
    mockOnly: true,
    async run(page, { base }) {
      await page.goto(`${base}/?q=${encodeURIComponent('welding and intensive care')}`);
      await page.getByText('Nobody matches all of this').waitFor();
      await page.getByRole('button', { name: 'Make all musts nice to have' }).click();
      await until(async () => (await page.locator('.chip[data-kind=must]').count()) === 0, 'no must is left');
    },
  },
  {
    name: 'more results follow the first ones',
    mockOnly: true,
    async run(page, { base }) {
      await page.goto(`${base}/?q=${encodeURIComponent('English')}`);
      await page.getByRole('button', { name: /Load more/ }).click();
      await until(async () => (await page.locator('.hit').count()) > 20, 'the second page is there');
      check(
        new Set(await page.locator('.hit h2 a').evaluateAll((a) => a.map((x) => x.href))).size ===
          (await page.locator('.hit').count()),
        'nobody twice',
      );
    },
  },
];
