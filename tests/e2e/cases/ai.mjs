import { check, sideways, until } from '../support/check.mjs';
import { poorContrast } from '../support/contrast.mjs';

/** Only the mock can be told that a key was added. */
async function setUp(page, base, on) {
  const answer = await page.request.post(`${base}/api/v1/mock/ai`, { data: { set_up: on } });
  check(answer.ok(), 'the mock has a provider, or none');
}

const open = async (page, base) => {
  await page.goto(`${base}/ai`);
  await page.getByRole('heading', { level: 1, name: 'AI' }).waitFor();
  await page.getByRole('heading', { name: 'Limits' }).waitFor();
};

export const ai = [
  {
    name: 'without a provider the page says how to add a key, and that nothing is sent',
    async run(page, { base, mock }) {
      if (mock) await setUp(page, base, false);
      await open(page, base);
      await page.getByRole('heading', { name: 'No AI provider is set up' }).waitFor();
      const text = await page.locator('main').innerText();
      check(text.includes('credentials/openai.api_key'), 'the file is named');
      check(text.includes('systemctl restart talentprompt'), 'and the command');
      check((await page.getByRole('button', { name: 'Stop AI' }).count()) === 0, 'there is nothing to stop');
      check(text.includes('The whole cost of running'), 'the rest of the cost is shown');
    },
  },
  {
    name: 'a limit is set, a wrong amount is said at its field, and the limit can be taken away',
    async run(page, { base }) {
      await open(page, base);
      const field = page.getByRole('textbox', { name: 'Limit of This workspace, a day, in dollars' });
      const save = page.getByRole('button', { name: 'Save the limits' });
      await field.fill('ten');
      await page.getByText('An amount in dollars, such as 40 or 0.50.').waitFor();
      check(await save.isDisabled(), 'a wrong amount is not sent');
      await field.fill('0.50');
      await save.click();
      await page.getByText('Saved.').first().waitFor();
      await page.reload();
      await until(async () => (await field.inputValue()) === '0.50', 'the limit is kept');
      await field.fill('');
      await save.click();
      await page.getByText('Saved.').first().waitFor();
      await page.reload();
      await until(async () => (await field.inputValue()) === '', 'the limit is gone');
    },
  },
  {
    name: 'a feature is switched off and on',
    async run(page, { base }) {
      await open(page, base);
      const box = page.getByRole('checkbox', { name: /Questions for an interview/ });
      const save = page.getByRole('button', { name: 'Save', exact: true });
      await box.uncheck();
      await save.click();
      await page.getByText('Saved.').first().waitFor();
      await page.reload();
      await box.waitFor();
      check(!(await box.isChecked()), 'it stays off');
      await box.check();
      await save.click();
      await page.getByText('Saved.').first().waitFor();
    },
  },
  {
    name: 'the bill, a trial, and a stop that another window sees at once',
    mockOnly: true,
    async run(page, { base }, context) {
      await setUp(page, base, true);
      await open(page, base);
      await page.getByText(/At the month’s end about/).waitFor();
      await page.getByRole('img', { name: /Cost of \d+ days by tier/ }).waitFor();
      await page.getByText('As a table').click();
      await page.getByRole('columnheader', { name: 'Total' }).waitFor();
      check((await page.getByRole('row', { name: /openai\/gpt-5-nano/ }).count()) > 0, 'models are listed');
      check(await page.getByText(/Saved \$/).isVisible(), 'what was saved is said');
      const more = page.getByRole('button', { name: 'Load more' });
      await more.click();
      await until(async () => (await more.count()) === 0, 'all calls are there');

      await page.getByRole('button', { name: 'Test now' }).click();
      await page.getByText('the key may use gpt-5-mini').waitFor();

      const other = await context.newPage();
      await open(other, base);
      await page.getByRole('button', { name: 'Stop AI' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('From this moment no model is asked').waitFor();
      await dialog.getByRole('button', { name: 'Stop AI' }).click();
      await page.getByText(/Stopped by/).waitFor();
      await other.getByText(/Stopped by/).waitFor();
      await other.getByRole('button', { name: 'Let models be asked again' }).click();
      await page.getByRole('button', { name: 'Stop AI' }).waitFor();
      await other.close();
    },
  },
  ...[320, 390, 768, 1440].map((width) => ({
    name: `the bill fits ${width} pixels and can be read in light and dark`,
    mockOnly: true,
    viewport: { width, height: 844 },
    async run(page, { base }) {
      await setUp(page, base, true);
      await open(page, base);
      check((await sideways(page)) <= 0, 'nothing scrolls sideways');
      for (const scheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: scheme });
        // A button passes from one colour to the other; midway nothing is to be measured.
        await page.evaluate(() => Promise.all(document.getAnimations().map((passage) => passage.finished)));
        const poor = await page.evaluate(poorContrast);
        check(poor.length === 0, `${scheme}: ${poor.join('; ')}`);
      }
    },
  })),
];
