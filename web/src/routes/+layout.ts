// A static application: everything is rendered in the browser.
export const ssr = false;
export const prerender = false;
