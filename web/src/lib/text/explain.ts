// One sentence for a person, from any failure of a request. The server's own words win: they know more.

import type { ApiError } from '$lib/api/problem';
import { t } from '$lib/i18n';
import { wait } from './format';

export function explain(error: ApiError): string {
  if (error.status === 429) {
    return error.retryAfter === null ? t.errors.tooManySoon : t.errors.tooMany(wait(error.retryAfter));
  }
  if (error.detail && error.status > 0 && error.status < 500) return error.detail;
  if (error.code === 'network') return t.errors.network;
  if (error.code === 'unreadable') return t.errors.unreadable;
  if (error.status === 403) return t.errors.forbidden;
  if (error.status === 404) return t.errors.gone;
  if (error.status === 413) return t.errors.tooLarge;
  if (error.status >= 500) return error.detail || t.errors.server;
  return t.errors.unknown(error.code);
}
