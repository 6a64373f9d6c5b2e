import { check, until } from '../support/check.mjs';

export const accounts = [
  {
    name: 'an invited member joins by the link and is seen',
    expects: [/status of 401/],
    async run(page, { base, person }, context) {
      await page.goto(`${base}/members`);
      await page.getByRole('button', { name: 'Invite', exact: true }).click();
      await page.getByRole('dialog').getByLabel('Name').fill(`Wanda ${person.surname}`);
      await page
        .getByRole('dialog')
        .getByLabel('E-mail')
        .fill(`wanda.${person.surname.toLowerCase()}@example.test`);
      await page.getByRole('radio', { name: /Viewer/ }).check();
      await page.getByRole('button', { name: 'Make the invitation' }).click();
      const link = await page.getByLabel('Invitation link').inputValue();
      check(link.includes('/invitation?token='), `the link is one to send, not: ${link}`);
      const guest = await context.browser().newContext({ ignoreHTTPSErrors: true });
      const theirs = await guest.newPage();
      await theirs.goto(base + new URL(link).pathname + new URL(link).search);
      await theirs.getByLabel('Your name').fill(`Wanda ${person.surname}`);
      await theirs.getByLabel('Password').fill('four unrelated garden words');
      await theirs.getByRole('button', { name: 'Join' }).click();
      await theirs.getByRole('heading', { name: 'Who are you looking for?' }).waitFor();
      await guest.close();
      await page.reload();
      const row = page.locator('.rows li').filter({ hasText: person.surname });
      await row.waitFor();
      check(!(await row.textContent()).includes('Invited'), 'the member is active');
      await row.getByRole('button', { name: /Remove/ }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
      await until(async () => (await row.count()) === 0, 'the member is gone');
    },
  },
  {
    name: 'a token is shown once and can be revoked',
    async run(page, { base, person }) {
      await page.goto(`${base}/settings/tokens`);
      await page.getByRole('button', { name: 'Create a token' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('What is it for?').fill(person.surname);
      await dialog.getByRole('button', { name: 'Create a token' }).click();
      const secret = await dialog.getByLabel('Secret').inputValue();
      check(secret.startsWith('tp_'), 'the secret is shown');
      await dialog.getByRole('button', { name: 'Copy' }).click();
      await dialog.getByRole('button', { name: 'Copied' }).waitFor();
      await page.keyboard.press('Escape');
      const row = page.locator('.rows li').filter({ hasText: person.surname });
      await row.waitFor();
      check(!(await page.content()).includes(secret), 'the secret is gone from the page');
      await row.getByRole('button', { name: /Revoke/ }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await until(async () => (await row.count()) === 0, 'the token is gone');
    },
  },
  {
    name: 'a wrong current password is said at its field and keeps the session',
    expects: [/status of 4\d\d/],
    async run(page, { base }) {
      await page.goto(`${base}/settings`);
      await page.getByLabel('Current password').fill('surely not this one');
      await page.getByLabel('New password').fill('another four garden words');
      await page.getByRole('button', { name: 'Change the password' }).click();
      await page.locator('.field-error, .notice.bad').first().waitFor();
      check(page.url().endsWith('/settings'), 'one stays where one is');
    },
  },
  {
    name: 'the sessions and the status can be read',
    async run(page, { base }) {
      await page.goto(`${base}/settings/sessions`);
      await page.getByText('this one').waitFor();
      await page.goto(`${base}/status`);
      await page.locator('.numbers dd').first().waitFor();
    },
  },
  {
    name: 'mail says how it stands, and a test says what was answered or that mail is off',
    async run(page, { base, mock }) {
      await page.goto(`${base}/settings`);
      await page.getByRole('link', { name: 'Mail' }).click();
      if (!mock) {
        await page.getByText('Mail is off.').waitFor();
        check((await page.getByRole('button', { name: 'Send a test' }).count()) === 0, 'nothing can be sent');
        return;
      }
      await page.getByText('Mail is sent by Brevo.').waitFor();
      await page.getByText('12 of 300').waitFor();
      await page.getByText('email is not valid in to').waitFor();
      await page.getByRole('button', { name: 'Send a test' }).click();
      await page.getByText('Brevo took it as').waitFor();
      await page.getByText('13 of 300').waitFor();
    },
  },
];
