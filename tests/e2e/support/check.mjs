// The few assertions the cases use, with words about what was expected where.

export function check(condition, message) {
  if (!condition) throw new Error(message);
}

/** Waits until `probe` answers something truthy. */
export async function until(probe, message, ms = 15_000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s: ${message}`);
    await new Promise((resume) => setTimeout(resume, 100));
  }
}

/** Pixels by which the page is wider than its window. */
export const sideways = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export async function signIn(page, world) {
  await page.getByLabel('E-mail').fill(world.email);
  await page.getByLabel('Password').fill(world.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function ask(page, query) {
  await page.locator('#query').fill(query);
  await page.keyboard.press('Enter');
  await page
    .locator('.results [aria-live]')
    .getByText(/people|person/)
    .waitFor();
}
