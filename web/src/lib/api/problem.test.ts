import { describe, expect, it } from 'vitest';
import { explain } from '$lib/text/explain';
import { ApiError, asApiError, problemFrom, retryAfterSeconds } from './problem';

const NOW = Date.UTC(2026, 4, 4, 9);

describe('problemFrom', () => {
  it('keeps the code, the detail and the message of each field', () => {
    const body = JSON.stringify({
      type: 'about:blank',
      title: 'Invalid',
      status: 422,
      code: 'invalid',
      detail: 'The password is too short.',
      errors: [{ field: 'password', message: 'At least 12 characters.' }],
    });
    const error = problemFrom(422, body, null, NOW);
    expect(error).toBeInstanceOf(ApiError);
    expect([error.status, error.code, error.detail]).toEqual([422, 'invalid', 'The password is too short.']);
    expect(error.field('password')).toBe('At least 12 characters.');
    expect(error.field('email')).toBeUndefined();
  });

  it('survives a page of a proxy instead of a problem', () => {
    const error = problemFrom(502, '<html>Bad Gateway</html>', null, NOW);
    expect([error.code, error.detail, error.errors]).toEqual(['http_502', '', []]);
  });

  it.each(['null', '[]', '"text"', '{"errors":"none"}'])('survives the body %s', (body) => {
    expect(problemFrom(500, body, null, NOW).errors).toEqual([]);
  });

  it('carries the wait of a 429', () => {
    expect(problemFrom(429, '{}', '20', NOW).retryAfter).toBe(20);
  });
});

describe('retryAfterSeconds', () => {
  it('reads seconds and dates, and nothing else', () => {
    expect(retryAfterSeconds('120', NOW)).toBe(120);
    expect(retryAfterSeconds(new Date(NOW + 90_500).toUTCString(), NOW)).toBe(90);
    expect(retryAfterSeconds(new Date(NOW - 1000).toUTCString(), NOW)).toBe(0);
    expect(retryAfterSeconds('soon', NOW)).toBeNull();
    expect(retryAfterSeconds(null, NOW)).toBeNull();
  });
});

describe('explain', () => {
  it('prefers the words of the server', () => {
    expect(explain(new ApiError(409, 'last_owner', 'One owner is needed.'))).toBe('One owner is needed.');
  });

  it('says when a throttled request works again', () => {
    expect(explain(new ApiError(429, 'throttled', 'x', [], 30))).toContain('in 30 seconds');
    expect(explain(new ApiError(429, 'throttled', 'x', [], 240))).toContain('in 4 minutes');
  });

  it('has a sentence for every failure without words', () => {
    for (const [status, code] of [
      [0, 'network'],
      [200, 'unreadable'],
      [403, 'http_403'],
      [404, 'http_404'],
      [413, 'http_413'],
      [418, 'http_418'],
      [500, 'http_500'],
    ] as const) {
      expect(explain(new ApiError(status, code, '')).length).toBeGreaterThan(10);
    }
  });

  it('takes anything that was thrown', () => {
    expect(asApiError(new Error('boom')).detail).toBe('boom');
    expect(asApiError('boom').detail).toBe('boom');
  });
});
