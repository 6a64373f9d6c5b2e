import { check, until } from '../support/check.mjs';

const INDEX_MS = 60_000;
const file = (name, text, mimeType = 'text/plain') => ({ name, mimeType, buffer: Buffer.from(text) });

/** Drops files on the window, as the system's file manager does. */
async function drop(page, files) {
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, text } of list) data.items.add(new File([text], name, { type: 'text/plain' }));
    return data;
  }, files);
  await page.dispatchEvent('main', 'dragenter', { dataTransfer: transfer });
  await page.getByText('Drop to add these resumes').waitFor();
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
}

export const uploads = [
  {
    name: 'an uploaded resume is seen moving until it can be found',
    needed: true,
    async run(page, { base, person }) {
      await page.goto(`${base}/uploads`);
      await page.locator('#files').setInputFiles([file(person.filename, person.text)]);
      await page.getByText('1 file sent').waitFor();
      const row = page.locator('.list li').filter({ hasText: person.filename }).first();
      await until(
        async () => (await row.textContent())?.includes('Can be found'),
        'the upload is indexed',
        INDEX_MS,
      );
      await row.getByRole('link', { name: new RegExp(person.filename) }).click();
      await page.waitForURL(/\/candidates\//);
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
  },
  {
    name: 'the same file twice is added once and said so',
    async run(page, { base, person }) {
      await page.goto(`${base}/uploads`);
      await page.locator('#files').setInputFiles([file(`again ${person.filename}`, person.text)]);
      await page.getByText('1 file sent').waitFor();
      await page.getByText('The same file was here already').first().waitFor();
    },
  },
  {
    name: 'a bad file says why it failed and leaves the others alone',
    async run(page, { base, person }) {
      await page.goto(`${base}/uploads`);
      const name = `truncated ${person.surname}.pdf`;
      await page
        .locator('#files')
        .setInputFiles([
          file(name, '%PDF-1.7\n1 0 obj\n<< /Type /Catalog', 'application/pdf'),
          file('nothing.txt', ''),
        ]);
      await page.getByText('nothing.txt: The file is empty.').waitFor();
      const row = page.locator('.list li').filter({ hasText: name }).first();
      await until(
        async () => (await row.textContent())?.includes('Failed'),
        'the truncated file fails',
        INDEX_MS,
      );
      check((await row.locator('.why').textContent())?.trim(), 'the reason is said');
      await row.getByRole('button', { name: /again/ }).waitFor();
    },
  },
  {
    name: 'resumes can be dropped on any page',
    async run(page, { base, person }) {
      await page.goto(`${base}/candidates`);
      await page.getByRole('heading', { name: 'Candidates' }).waitFor();
      await drop(page, [{ name: person.filename, text: person.text }]);
      await page.getByText('1 file sent').waitFor();
      await page.getByRole('link', { name: 'Show', exact: true }).click();
      await page.waitForURL(/\/uploads$/);
    },
  },
  {
    name: 'states can be chosen by their counts',
    async run(page, { base }) {
      await page.goto(`${base}/uploads`);
      await page.getByRole('button', { name: /^Failed/ }).click();
      await until(
        async () =>
          (await page.locator('.list li').count()) > 0 &&
          (await page.locator('.list li:not([data-status=failed])').count()) === 0,
        'only failed uploads are shown',
      );
    },
  },
  {
    name: 'a viewer reads the uploads and adds none',
    mockOnly: true,
    anonymous: true,
    expects: [/status of 401/],
    async run(page, { base }) {
      await page.goto(`${base}/sign-in?next=/uploads`);
      await page.getByLabel('E-mail').fill('mathilda@example.test');
      await page.getByLabel('Password').fill('correct horse battery');
      await page.keyboard.press('Enter');
      await page.getByText('Your role reads.').waitFor();
      check((await page.locator('#files').count()) === 0, 'there is nothing to upload with');
    },
  },
];
