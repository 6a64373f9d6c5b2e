// The one door to the server: every request of the application is a function here.

import { ApiError, problemFrom } from './problem';
import { readEvents, type ServerEvent } from './sse';
import type * as T from './types';

const BASE = '/api/v1';

let csrfToken = '';
let onSignedOut: () => void = () => undefined;

/** Called once by the signed-in layout: what to do when the session is over. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

/** The headers a changing request needs, for the upload that goes through XMLHttpRequest. */
export function changeHeaders(): Record<string, string> {
  return { 'X-CSRF-Token': csrfToken };
}

/** To be told by anything that sees a 401 outside `call`. */
export function signedOut(): void {
  csrfToken = '';
  onSignedOut();
}

interface Options {
  body?: unknown;
  query?: Record<string, string | number | null | undefined>;
  signal?: AbortSignal;
  /** A 401 is this request's own answer (wrong password), not the end of the session. */
  anonymous?: boolean;
  accept?: string;
}

function address(path: string, query: Options['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value != null && value !== '') parameters.set(name, String(value));
  }
  const search = parameters.toString();
  return BASE + path + (search ? `?${search}` : '');
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: options.accept ?? 'application/json' };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrfToken) Object.assign(headers, changeHeaders());
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'network', '');
  }
  if (response.ok) return response;
  const body = await response.text().catch(() => '');
  throw problemFrom(response.status, body, response.headers.get('Retry-After'), Date.now());
}

async function guarded(method: string, path: string, options: Options): Promise<Response> {
  try {
    return await send(method, path, options);
  } catch (error) {
    if (!(error instanceof ApiError) || options.anonymous) throw error;
    if (error.status === 401) signedOut();
    // Another tab signed in anew: the token of this tab is old. Fetch the new one and ask once more.
    const staleToken = error.status === 403 && error.code.includes('csrf') && method !== 'GET';
    if (!staleToken) throw error;
    await me();
    return send(method, path, options);
  }
}

async function call<R>(method: string, path: string, options: Options = {}): Promise<R> {
  const response = await guarded(method, path, options);
  if (response.status === 204) return undefined as R;
  try {
    return (await response.json()) as R;
  } catch {
    throw new ApiError(response.status, 'unreadable', '');
  }
}

function keepToken(answer: T.Me): T.Me {
  csrfToken = answer.csrf_token ?? '';
  return answer;
}

// Signing in
export const setupNeeded = () => call<T.SetupState>('GET', '/setup', { anonymous: true });
export const setDomain = (body: { token: string; domain: string; contact?: string }) =>
  call<void>('POST', '/setup/domain', { body, anonymous: true });
/** Whether this server sends whoever comes to another address. */
export const leadsElsewhere = () =>
  fetch(BASE + '/setup', { redirect: 'manual' }).then(
    (answer) => answer.type === 'opaqueredirect',
    () => false,
  );
export const setup = (body: {
  token: string;
  workspace: string;
  name: string;
  email: string;
  password: string;
}) => call<T.Me>('POST', '/setup', { body, anonymous: true }).then(keepToken);
export const login = (email: string, password: string) =>
  call<T.Me>('POST', '/auth/login', { body: { email, password }, anonymous: true }).then(keepToken);
export const logout = () =>
  call<void>('POST', '/auth/logout', { anonymous: true }).then(() => {
    csrfToken = '';
  });
export const me = () => call<T.Me>('GET', '/auth/me', { anonymous: true }).then(keepToken);
export const updateMe = (body: { name?: string; current_password?: string; new_password?: string }) =>
  // A wrong current password may be answered with 401: that is not the end of the session.
  call<T.Me>('PATCH', '/auth/me', { body, anonymous: true }).then(keepToken);
export const acceptInvitation = (body: { token: string; name: string; password: string }) =>
  call<T.Me>('POST', '/invitations/accept', { body, anonymous: true }).then(keepToken);

// Accounts
export const sessions = () => call<{ sessions: T.Session[] }>('GET', '/sessions').then((a) => a.sessions);
export const endSession = (id: string) => call<void>('DELETE', `/sessions/${id}`);
export const members = () => call<{ members: T.Member[] }>('GET', '/members').then((a) => a.members);
export const invite = (body: { email: string; name: string; role: T.Role }) =>
  call<T.Invited>('POST', '/members', { body });
export const updateMember = (id: string, body: { role?: T.Role; disabled?: boolean }) =>
  call<T.Member>('PATCH', `/members/${id}`, { body });
export const removeMember = (id: string) => call<void>('DELETE', `/members/${id}`);
export const tokens = () => call<{ tokens: T.Token[] }>('GET', '/tokens').then((a) => a.tokens);
export const createToken = (body: { name: string; expires_in_days?: number }) =>
  call<{ token: T.Token; secret: string }>('POST', '/tokens', { body });
export const revokeToken = (id: string) => call<void>('DELETE', `/tokens/${id}`);

// Resumes in. The upload itself is in `uploads/transfer.ts`: only XMLHttpRequest tells its progress.
export const uploadAddress = `${BASE}/resumes`;
export const uploads = (query: { cursor?: string; limit?: number; status?: T.UploadStatus } = {}) =>
  call<T.UploadPage>('GET', '/uploads', { query });
export const retryUpload = (id: string) => call<T.Upload>('POST', `/uploads/${id}/retry`);

// Candidates
export const candidates = (query: { cursor?: string; limit?: number } = {}) =>
  call<T.CandidatePage>('GET', '/candidates', { query });
export const candidate = (id: string) => call<T.Candidate>('GET', `/candidates/${encodeURIComponent(id)}`);
/** An empty headline or location clears it. */
export const updateCandidate = (id: string, body: { name?: string; headline?: string; location?: string }) =>
  call<T.Candidate>('PATCH', `/candidates/${id}`, { body });
export const deleteCandidate = (id: string) => call<void>('DELETE', `/candidates/${id}`);
export const resumeText = (id: string, resume: string) =>
  call<T.ResumeText>('GET', `/candidates/${id}/resumes/${resume}/text`);
export const resumeFileAddress = (id: string, resume: string) =>
  `${BASE}/candidates/${id}/resumes/${resume}/file`;
export const similar = (id: string, limit: number) =>
  call<{ hits: T.Hit[] }>('GET', `/candidates/${id}/similar`, { query: { limit } }).then((a) => a.hits);

// Search
export const search = (body: T.SearchRequest, signal?: AbortSignal) =>
  call<T.SearchAnswer>('POST', '/search', { body, signal });
export const suggest = (q: string, kind: T.SuggestKind, signal?: AbortSignal) =>
  call<{ suggestions: T.Suggestion[] }>('GET', '/suggest', { query: { q, kind }, signal }).then(
    (a) => a.suggestions,
  );

/** What the rules left open, as a model would have it. Nothing of it is used until somebody takes it. */
export const proposals = (body: T.ProposalsRequest, signal?: AbortSignal) =>
  call<T.Proposals>('POST', '/search/proposals', { body, signal });
/** A sentence or two about one hit, with the resume's own words. */
export const prose = (body: T.ProseRequest, signal?: AbortSignal) =>
  call<T.Prose>('POST', '/search/prose', { body, signal });
/** Whether somebody took what a model proposed; nobody waits for it. */
export const tookProposal = (call_id: string, accepted: boolean): void => {
  call<void>('POST', `/ai/calls/${call_id}/accepted`, { body: { accepted } }).catch(() => undefined);
};

/** The same search as server-sent events: `instant`, `ranked`, `explained`, `done`. */
export async function* searchStream(body: T.SearchRequest, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const { query, filters, limit, mode } = body;
  const response = await guarded('GET', '/search/stream', {
    query: { query, filters: filters && JSON.stringify(filters), limit, mode },
    accept: 'text/event-stream',
    signal,
  });
  yield* readEvents(response);
}

// Models and what they cost. Money is micro-dollars.
export const aiUsage = (query: { from?: string; to?: string } = {}) =>
  call<T.Bill>('GET', '/ai/usage', { query });
export const aiUsageFileAddress = (from: string, to: string) => `${BASE}/ai/usage.csv?from=${from}&to=${to}`;
export const aiCalls = (query: { cursor?: string; limit?: number } = {}) =>
  call<T.AiCalls>('GET', '/ai/calls', { query });
export const aiBudget = () => call<T.AiBudget>('GET', '/ai/budget');
export const setAiBudget = (limits: T.AiLimitChange[]) =>
  call<T.AiBudget>('PUT', '/ai/budget', { body: { limits } });
export const aiSettings = () => call<T.AiSettings>('GET', '/ai/settings');
export const setAiSettings = (body: T.AiSettingsChange) =>
  call<T.AiSettings>('PUT', '/ai/settings', { body });
export const stopAi = () => call<T.AiSettings>('POST', '/ai/stop');
export const resumeAi = () => call<T.AiSettings>('POST', '/ai/resume');
export const testAi = () => call<{ trials: T.Trial[] }>('POST', '/ai/test').then((a) => a.trials);

// The appliance
export const status = () => call<T.Status>('GET', '/status');
export const mail = () => call<T.MailStanding>('GET', '/mail');
export const testMail = () => call<T.TestMail>('POST', '/mail/test');

/** What happens while the page is open: uploads moving on, candidates changing. Ends when the line breaks. */
export async function* events(signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const response = await guarded('GET', '/events', { accept: 'text/event-stream', signal });
  yield { event: 'open', data: '' };
  yield* readEvents(response);
}
