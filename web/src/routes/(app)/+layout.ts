// Every page in here needs someone signed in: who that is, is asked before anything is shown.
import { redirect } from '@sveltejs/kit';
import * as api from '$lib/api/client';
import { asApiError } from '$lib/api/problem';
import { account } from '$lib/account.svelte';

export async function load({ url }) {
  if (account.me) return { problem: null };
  try {
    account.me = await api.me();
    return { problem: null };
  } catch (error) {
    const problem = asApiError(error);
    if (problem.status !== 401) return { problem };
    const next = url.pathname + url.search;
    redirect(307, next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`);
  }
}
