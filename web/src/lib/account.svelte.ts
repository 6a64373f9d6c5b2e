// Who is signed in. Filled by the signed-in layout; what a role may do is asked here, in words.

import type { Me } from '$lib/api/types';

class Account {
  me = $state.raw<Me | null>(null);

  get canEdit(): boolean {
    return this.me?.role === 'owner' || this.me?.role === 'recruiter';
  }

  get isOwner(): boolean {
    return this.me?.role === 'owner';
  }
}

export const account = new Account();

/** Only an address of this application: `next` comes from the address bar and must not lead elsewhere. */
export function safeNext(next: string | null): string {
  return next && next.startsWith('/') && !next.startsWith('//') && !next.includes('\\') ? next : '/';
}
