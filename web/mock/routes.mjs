// The API of the mock: method, path, who may, what happens. A handler answers {status, body} or {status, problem},
// or nothing when it has written to the response itself.

import { LANGUAGES, PLACES, SKILLS, TITLES } from './lexicon.mjs';
import { filesOf } from './intake.mjs';
import { pdf } from './pdf.mjs';
import { proposals, prose } from './models.mjs';
import { blank, facetsOf, interpret, rank } from './search.mjs';

const ok = (body, status = 200) => ({ status, body });
const none = { status: 204 };
const problem = (status, code, detail, headers) => ({
  status,
  headers,
  problem: { type: 'about:blank', title: code, status, code, detail, errors: [] },
});
const missing = problem(404, 'not_found', 'This is not here (any more).');
const answered = (body) => (body ? ok(body) : missing);
const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));

const MAX_BYTES = 25 * 1024 * 1024;

const page = (list, url, size) => {
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const limit = Number(url.searchParams.get('limit') ?? size);
  return {
    part: list.slice(from, from + limit),
    next_cursor: from + limit < list.length ? String(from + limit) : null,
  };
};

const summary = ({ candidate: c }) => ({
  id: c.id,
  name: c.name,
  headline: c.headline,
  location: c.location,
  years_experience: c.years_experience,
  updated_at: c.updated_at,
  resumes: c.resumes.length,
});

function toHit({ person, reasons, score }, rank) {
  const c = person.candidate;
  return {
    candidate_id: c.id,
    resume_id: c.resumes[0].id,
    name: c.name,
    headline: c.headline,
    location: c.location,
    years_experience: c.years_experience,
    score,
    rank,
    reasons,
  };
}

/** `stage`: the instant answer has no quotations yet and a rougher order. */
function search(people, { query, filters, cursor, limit = 20 }, stage) {
  const interpretation = filters ? { ...blank(), ...filters } : interpret(query);
  const rows = rank(people, interpretation, query);
  const from = Number(cursor ?? 0);
  const order =
    stage === 'instant' ? [...rows].sort((a, b) => Math.round(b.score / 6) - Math.round(a.score / 6)) : rows;
  const hits = order.slice(from, from + limit).map((row, i) => {
    const hit = toHit(row, from + i + 1);
    if (stage === 'instant') hit.reasons = hit.reasons.map((reason) => ({ ...reason, evidence: [] }));
    return hit;
  });
  const took = { instant: 6, ranked: 24, explained: 41 }[stage];
  const degraded = /\bdegraded\b/.test(query)
    ? [
        {
          service: 'vectors',
          detail: 'The vector index does not answer. Words were matched, meaning was not.',
        },
      ]
    : [];
  return {
    query_id: 'mock',
    interpretation,
    hits,
    facets: facetsOf(rows),
    total: rows.length,
    took_ms: took,
    stages: [
      { name: 'lexical', took_ms: 4, state: 'done' },
      { name: 'vectors', took_ms: 20, state: degraded.length > 0 ? 'degraded' : 'done' },
    ],
    degraded,
    next_cursor: from + limit < rows.length ? String(from + limit) : null,
  };
}

async function stream({ people, url, response }) {
  const query = url.searchParams.get('query') ?? '';
  if (/\bthrottled\b/.test(query))
    return problem(429, 'rate_limited', 'Too many searches.', { 'Retry-After': '20' });
  const text = url.searchParams.get('filters');
  const request = {
    query,
    filters: text ? JSON.parse(text) : undefined,
    limit: Number(url.searchParams.get('limit') ?? 20),
  };
  const slow = /\bslowly\b/.test(query) ? 12 : 1;
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  for (const [stage, delay] of [
    ['instant', 10],
    ['ranked', 90],
    ['explained', 120],
  ]) {
    await pause(delay * (stage === 'instant' ? 1 : slow));
    response.write(`event: ${stage}\ndata: ${JSON.stringify(search(people, request, stage))}\n\n`);
  }
  response.end('event: done\ndata: {}\n\n');
  return undefined;
}

function suggest({ url }) {
  const q = (url.searchParams.get('q') ?? '').toLowerCase();
  const kind = url.searchParams.get('kind');
  const lists = {
    skill: SKILLS.map(({ id, label, aliases }) => ({ id, label, kind: 'skill', aliases })),
    title: TITLES.map((label) => ({ label, kind: 'title', aliases: [label.toLowerCase()] })),
    place: PLACES.map(({ name }) => ({ label: name, kind: 'place', aliases: [name.toLowerCase()] })),
    language: LANGUAGES.map(({ code, label }) => ({
      id: code,
      label,
      kind: 'language',
      aliases: [label.toLowerCase()],
    })),
  };
  const found = (lists[kind] ?? []).filter(({ aliases }) => aliases.some((alias) => alias.startsWith(q)));
  return ok({ suggestions: found.slice(0, 8).map(({ aliases: _, ...rest }) => rest) });
}

function events({ response, request, listeners }) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': hello\n\n');
  listeners.add(response);
  request.on('close', () => listeners.delete(response));
}

const found = (people, id) => people.find(({ candidate }) => candidate.id === id);
const ID = '([\\w-]+)';
const at = (path) => new RegExp(`^${path.replaceAll(':id', ID)}$`);

export const routes = [
  ['GET', at('/setup'), 'public', ({ accounts }) => ok(accounts.setupState())],
  ['POST', at('/setup/domain'), 'public', ({ accounts, json }) => accounts.setDomain(json)],
  ['POST', at('/setup'), 'public', ({ accounts, json, request }) => accounts.setup(json, request)],
  ['POST', at('/auth/login'), 'public', ({ accounts, json, request }) => accounts.login(json, request)],
  [
    'POST',
    at('/invitations/accept'),
    'public',
    ({ accounts, json, request }) => accounts.accept(json, request),
  ],
  ['GET', at('/auth/me'), 'viewer', ({ accounts, who }) => ok(accounts.me(who.member))],
  ['PATCH', at('/auth/me'), 'viewer', ({ accounts, who, json }) => accounts.updateMe(who.member, json)],
  [
    'POST',
    at('/auth/logout'),
    'viewer',
    ({ accounts, who }) => (accounts.sessions.delete(who.session.id), none),
  ],
  ['GET', at('/sessions'), 'viewer', ({ accounts, who }) => ok({ sessions: accounts.sessionsOf(who) })],
  [
    'DELETE',
    at('/sessions/:id'),
    'viewer',
    ({ accounts, id }) => (accounts.sessions.delete(id[0]) ? none : missing),
  ],
  [
    'GET',
    at('/members'),
    'viewer',
    ({ accounts }) => ok({ members: accounts.members.map(({ password: _, ...m }) => m) }),
  ],
  [
    'POST',
    at('/members'),
    'owner',
    ({ accounts, json, request }) => accounts.invite(json, `http://${request.headers.host}`),
  ],
  ['PATCH', at('/members/:id'), 'owner', ({ accounts, id, json }) => accounts.updateMember(id[0], json)],
  [
    'DELETE',
    at('/members/:id'),
    'owner',
    ({ accounts, id }) => ((accounts.members = accounts.members.filter((m) => m.id !== id[0])), none),
  ],
  ['GET', at('/tokens'), 'viewer', ({ accounts }) => ok({ tokens: accounts.tokens })],
  ['POST', at('/tokens'), 'viewer', ({ accounts, json }) => accounts.createToken(json)],
  [
    'DELETE',
    at('/tokens/:id'),
    'viewer',
    ({ accounts, id }) => ((accounts.tokens = accounts.tokens.filter((t) => t.id !== id[0])), none),
  ],
  ['GET', at('/mail'), 'owner', ({ accounts }) => ok(accounts.mail)],
  ['POST', at('/mail/test'), 'owner', ({ accounts, who }) => accounts.testMail(who.member)],
  [
    'POST',
    at('/resumes'),
    'recruiter',
    ({ intake, bytes, request }) => {
      const files = filesOf(bytes, request.headers['content-type']);
      if (files.some((file) => file.bytes.length > MAX_BYTES))
        return problem(413, 'too_large', 'The file is larger than 25 MB. Split it, or export it smaller.');
      const uploads = files.map((file) => intake.accept(file));
      return ok(
        {
          uploads: uploads.map(({ id, filename, status, duplicate_of }) => ({
            id,
            filename,
            status,
            duplicate_of,
          })),
        },
        202,
      );
    },
  ],
  [
    'GET',
    at('/uploads'),
    'viewer',
    ({ intake, url }) => {
      const status = url.searchParams.get('status');
      const list = intake.uploads.filter((upload) => !status || upload.status === status).reverse();
      const { part, next_cursor } = page(list, url, 50);
      return ok({ uploads: part, next_cursor, counts: intake.counts });
    },
  ],
  [
    'GET',
    at('/uploads/:id'),
    'viewer',
    ({ intake, id }) => {
      const upload = intake.uploads.find((u) => u.id === id[0]);
      return upload ? ok(upload) : missing;
    },
  ],
  [
    'POST',
    at('/uploads/:id/retry'),
    'recruiter',
    ({ intake, id }) => {
      const upload = intake.uploads.find((u) => u.id === id[0]);
      if (!upload) return missing;
      return upload.status === 'failed'
        ? ok(intake.retry(upload), 202)
        : problem(409, 'not_failed', 'Only a failed upload can be tried again.');
    },
  ],
  [
    'GET',
    at('/candidates'),
    'viewer',
    ({ people, url }) => {
      const list = [...people].sort((a, b) => b.candidate.updated_at.localeCompare(a.candidate.updated_at));
      const { part, next_cursor } = page(list, url, 50);
      return ok({ candidates: part.map(summary), next_cursor, total: people.length });
    },
  ],
  [
    'GET',
    at('/candidates/:id'),
    'viewer',
    ({ people, id }) => {
      const person = found(people, id[0]);
      return person ? ok(person.candidate) : missing;
    },
  ],
  [
    'PATCH',
    at('/candidates/:id'),
    'recruiter',
    ({ people, id, json, tell }) => {
      const person = found(people, id[0]);
      if (!person) return missing;
      if (json.name !== undefined && !json.name.trim()) {
        const refused = problem(422, 'invalid', 'A person needs a name.');
        refused.problem.errors = [{ field: 'name', message: 'A person needs a name.' }];
        return refused;
      }
      const now = new Date().toISOString();
      Object.assign(person.candidate, json, { updated_at: now });
      person.candidate.timeline.unshift({
        at: now,
        kind: 'edited',
        detail: `${Object.keys(json).join(', ')} changed by hand`,
      });
      tell('candidate', { id: id[0], change: 'updated' });
      return ok(person.candidate);
    },
  ],
  [
    'DELETE',
    at('/candidates/:id'),
    'recruiter',
    ({ people, id, tell }) => {
      const index = people.findIndex(({ candidate }) => candidate.id === id[0]);
      if (index < 0) return missing;
      people.splice(index, 1);
      tell('candidate', { id: id[0], change: 'deleted' });
      return none;
    },
  ],
  [
    'GET',
    at('/candidates/:id/resumes/:id/text'),
    'viewer',
    ({ people, id }) => {
      const person = found(people, id[0]);
      return person
        ? ok({ text: person.text, sections: person.sections, findings: person.findings })
        : missing;
    },
  ],
  [
    'GET',
    at('/candidates/:id/resumes/:id/file'),
    'viewer',
    ({ people, id }) => {
      const person = found(people, id[0]);
      const resume = person?.candidate.resumes.find((r) => r.id === id[1]);
      if (!resume) return missing;
      const isPdf = resume.media_type === 'application/pdf';
      const shown = isPdf || resume.media_type === 'text/plain';
      return {
        raw: isPdf ? pdf(person.text) : person.text,
        type: isPdf ? 'application/pdf' : `${resume.media_type}; charset=utf-8`,
        headers: {
          'Content-Disposition': `${shown ? 'inline' : 'attachment'}; filename="resume"`,
          'Content-Security-Policy':
            process.env.MOCK_FILE_POLICY ??
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
        },
      };
    },
  ],
  [
    'GET',
    at('/candidates/:id/similar'),
    'viewer',
    ({ people, id, url }) => {
      const person = found(people, id[0]);
      if (!person) return missing;
      const skills = person.candidate.skills.map((skill) => ({ ...skill, kind: 'should' }));
      const rows = rank(people, { ...blank(), skills }, '').filter((row) => row.person !== person);
      return ok({
        hits: rows.slice(0, Number(url.searchParams.get('limit') ?? 5)).map((row, i) => toHit(row, i + 1)),
      });
    },
  ],
  ['POST', at('/search'), 'viewer', ({ people, json }) => ok(search(people, json, 'explained'))],
  ['GET', at('/search/stream'), 'viewer', stream],
  ['POST', at('/search/proposals'), 'viewer', ({ json }) => ok(proposals(json))],
  ['POST', at('/search/prose'), 'viewer', ({ people, json }) => answered(prose(people, json))],
  ['POST', at('/ai/calls/:id/accepted'), 'viewer', () => none],
  ['POST', at('/interpret'), 'viewer', ({ json }) => ok({ interpretation: interpret(json.query) })],
  ['GET', at('/suggest'), 'viewer', suggest],
  ['GET', at('/events'), 'viewer', events],
  ['GET', at('/ai/usage'), 'recruiter', ({ ai, accounts, url }) => ok(ai.bill(url, accounts.members))],
  [
    'GET',
    at('/ai/usage.csv'),
    'recruiter',
    () => ({ raw: 'day,tier,feature,model,member\r\n', type: 'text/csv; charset=utf-8' }),
  ],
  ['GET', at('/ai/calls'), 'recruiter', ({ ai, url }) => ok(ai.calls(url))],
  ['GET', at('/ai/budget'), 'recruiter', ({ ai, accounts }) => ok(ai.budget(accounts.members))],
  ['PUT', at('/ai/budget'), 'owner', ({ ai, accounts, json }) => ok(ai.setBudget(json, accounts.members))],
  ['GET', at('/ai/settings'), 'recruiter', ({ ai }) => ok(ai.settings())],
  ['PUT', at('/ai/settings'), 'owner', ({ ai, json }) => ok(ai.setSettings(json))],
  ['POST', at('/ai/stop'), 'owner', ({ ai, who }) => ok(ai.stop(who.member.name))],
  ['POST', at('/ai/resume'), 'owner', ({ ai }) => ok(ai.stop(null))],
  ['POST', at('/ai/test'), 'owner', ({ ai }) => ok({ trials: ai.trials() })],
  // Only of the mock: the operator adds a key, or takes it away.
  ['POST', at('/mock/ai'), 'public', ({ ai, json }) => (ai.setUp(json.set_up), none)],
  [
    'GET',
    at('/status'),
    'viewer',
    ({ people, intake }) =>
      ok({
        version: '0.1.0-mock',
        services: [
          { name: 'postgres', state: 'up', detail: null },
          { name: 'redis', state: 'up', detail: null },
          {
            name: 'vectors',
            state: 'degraded',
            detail: 'Rebuilding the index, 82 % done. Search answers, perhaps without the newest resumes.',
          },
          { name: 'embedding', state: 'up', detail: 'all-MiniLM-L6-v2, in this process' },
        ],
        supervised: [
          {
            name: 'postgres',
            unit: 'talentprompt-postgres.service',
            state: 'up',
            since: '2026-11-20T06:25:00Z',
            restarts: 0,
            memory_bytes: 96_000_000,
            disk_bytes: 412_000_000,
            version: 'PostgreSQL 15.14',
            detail: null,
          },
        ],
        counts: {
          candidates: people.length,
          resumes: people.reduce((n, p) => n + p.candidate.resumes.length, 0),
          queued: intake.counts.queued,
          failed: intake.counts.failed,
        },
      }),
  ],
];
