import { check, signIn as enter } from '../support/check.mjs';

const REFUSED = [/status of 401/, /status of 4\d\d/];

export const signIn = [
  {
    name: 'a name that leads here gets a certificate, and the page goes on by https',
    mockOnly: true,
    anonymous: true,
    expects: REFUSED,
    async run(page, world) {
      await page.goto(`${world.base}/setup?token=${world.setupToken}`);
      await page.getByRole('heading', { name: 'How will people open TalentPrompt?' }).waitFor();
      await page.getByLabel('Name').fill('elsewhere.example.com');
      await page.getByRole('button', { name: 'Get a certificate' }).click();
      await page.locator('.field-error').getByText('does not lead to this server').waitFor();
      const there = `https://talent.example.com/setup?token=${world.setupToken}`;
      await page.route('**/api/v1/setup', (route) =>
        route.fulfill({ status: 308, headers: { location: there } }),
      );
      await page.route('https://talent.example.com/**', (route) => route.fulfill({ body: 'by https' }));
      await page.getByLabel('Name').fill(' Talent.example.com ');
      await page.getByRole('button', { name: 'Get a certificate' }).click();
      await page.getByRole('heading', { name: 'Getting a certificate for talent.example.com…' }).waitFor();
      await page.waitForURL(there);
    },
  },
  {
    name: 'the first owner sets the workspace up by the one-time link',
    needed: true,
    anonymous: true,
    keepsSession: true,
    expects: REFUSED,
    skip: (world) => !world.setupToken,
    async run(page, world) {
      await page.goto(`${world.base}/setup`);
      await page.getByText('The set-up link is missing its token').waitFor();
      await page.goto(`${world.base}/setup?token=${world.setupToken}`);
      await page.getByRole('button', { name: 'Skip this step' }).click();
      await page.getByLabel('Workspace').fill('Kestrel & Loom');
      await page.getByLabel('Your name').fill('Edda Zuerst');
      await page.getByLabel('E-mail').fill(world.email);
      await page.getByLabel('Password').fill('short');
      await page.getByRole('button', { name: 'Create the workspace' }).click();
      await page.locator('.field-error').first().waitFor();
      await page.getByLabel('Password').fill(world.password);
      await page.getByRole('button', { name: 'Create the workspace' }).click();
      await page.getByRole('heading', { name: 'Who are you looking for?' }).waitFor();
    },
  },
  {
    name: 'a wrong password is refused in words and the right one leads on',
    needed: true,
    anonymous: true,
    keepsSession: true,
    expects: REFUSED,
    async run(page, world) {
      await page.goto(`${world.base}/members`);
      await page.waitForURL(/\/sign-in\?next=%2Fmembers/);
      await enter(page, { ...world, password: 'not the password at all' });
      await page.getByText('E-mail or password is not right.').waitFor();
      check((await page.getByLabel('Password').inputValue()) === '', 'the wrong password is cleared');
      await enter(page, world);
      await page.waitForURL(`${world.base}/members`);
      await page.getByRole('heading', { name: 'Members' }).waitFor();
    },
  },
  {
    name: 'an address that leads elsewhere is not followed after signing in',
    anonymous: true,
    expects: REFUSED,
    async run(page, world) {
      await page.goto(`${world.base}/sign-in?next=${encodeURIComponent('//evil.example/')}`);
      await enter(page, world);
      await page.waitForURL(`${world.base}/`);
    },
  },
  {
    name: 'a session that ended elsewhere leads to the sign-in and back',
    anonymous: true,
    expects: REFUSED,
    async run(page, world, context) {
      await page.goto(`${world.base}/sign-in`);
      await enter(page, world);
      // Until the page is at rest: a request still on its way would end the session before the click.
      await page.waitForResponse(/\/candidates\?limit=1/);
      await page.getByText('Ask the way you would').waitFor();
      await context.clearCookies();
      await page.getByRole('link', { name: 'Candidates' }).click();
      await page.getByText('You were signed out').waitFor();
      await enter(page, world);
      await page.waitForURL(`${world.base}/candidates`);
    },
  },
  {
    name: 'signing out ends the session',
    anonymous: true,
    expects: REFUSED,
    async run(page, world) {
      await page.goto(`${world.base}/sign-in`);
      await enter(page, world);
      await page.waitForURL(`${world.base}/`);
      await page.getByRole('button', { name: 'Account' }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL(/\/sign-in/);
      await page.goto(`${world.base}/candidates`);
      await page.waitForURL(/\/sign-in\?next=/);
    },
  },
];
