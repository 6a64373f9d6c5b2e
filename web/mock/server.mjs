// The server of the web application's own tests and of its development: it serves `build/` with the headers
// the real server sends, and answers the API from memory. Same requests, same answers, at every start.
//
//   node mock/server.mjs [--port 4173] [--fresh] [--people 64] [--pace 250]
//
// `--fresh` asks for the set-up first (token `setup-token`); else sign in as owner@example.test with
// "correct horse battery" (ruben@ is a recruiter, mathilda@ a viewer). `--pace` is milliseconds per step of
// an upload. A query with the word "slowly" takes seconds to be ranked, "degraded" loses a service,
// "throttled" is answered 429.

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Accounts } from './accounts.mjs';
import { Ai } from './ai.mjs';
import { Intake } from './intake.mjs';
import { people } from './people.mjs';
import { routes } from './routes.mjs';

const BUILD = join(fileURLToPath(new URL('.', import.meta.url)), '../build');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '4173' },
    fresh: { type: 'boolean', default: false },
    people: { type: 'string', default: '64' },
    pace: { type: 'string', default: '250' },
  },
});

const listeners = new Set();
const tell = (event, data) => {
  for (const response of listeners) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
};
const everyone = people(Number(options.people));
const world = {
  people: everyone,
  accounts: new Accounts(options.fresh),
  ai: new Ai(!options.fresh, tell),
  intake: new Intake(everyone, tell, Number(options.pace)),
  listeners,
  tell,
};

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

function answer(response, { status = 200, body, problem, headers = {}, raw, type }) {
  const content = raw ?? (problem ? JSON.stringify(problem) : body === undefined ? '' : JSON.stringify(body));
  response.writeHead(status, {
    'Content-Type': type ?? (problem ? 'application/problem+json' : 'application/json'),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(content);
}

function refuse(response, status, code, detail) {
  answer(response, {
    status,
    problem: { type: 'about:blank', title: code, status, code, detail, errors: [] },
  });
}

async function api(request, response, url) {
  const path = url.pathname.slice('/api/v1'.length);
  const route = routes.find(([method, pattern]) => method === request.method && pattern.test(path));
  if (!route) return refuse(response, 404, 'not_found', 'There is nothing at this address.');
  const [method, pattern, policy, handler] = route;
  const who = world.accounts.of(request);
  if (policy !== 'public') {
    if (!who) return refuse(response, 401, 'unauthenticated', 'Sign in first.');
    if (method !== 'GET' && !world.accounts.csrfOk(request))
      return refuse(response, 403, 'csrf', 'The page is out of date. Reload it.');
    const roles = {
      viewer: ['viewer', 'recruiter', 'owner'],
      recruiter: ['recruiter', 'owner'],
      owner: ['owner'],
    };
    if (!roles[policy].includes(who.member.role))
      return refuse(response, 403, 'forbidden', 'Your role does not allow this.');
  }
  const bytes = method === 'GET' ? Buffer.alloc(0) : await bodyOf(request);
  const json =
    (request.headers['content-type'] ?? '').includes('json') && bytes.length > 0
      ? JSON.parse(bytes.toString('utf8'))
      : {};
  const result = await handler({
    ...world,
    request,
    response,
    url,
    who,
    bytes,
    json,
    id: pattern.exec(path).slice(1),
  });
  if (result) answer(response, result);
}

function page(request, response, url) {
  const wanted = normalize(join(BUILD, decodeURIComponent(url.pathname).replace(/\/$/, '/index.html')));
  const known = wanted.startsWith(BUILD) && existsSync(wanted) && statSync(wanted).isFile();
  const file = known ? wanted : join(BUILD, 'index.html');
  const packed = /\bbr\b/.test(request.headers['accept-encoding'] ?? '') && existsSync(`${file}.br`);
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    Vary: 'Accept-Encoding',
    'Cache-Control': url.pathname.startsWith('/_app/immutable/')
      ? 'public, max-age=31536000, immutable'
      : 'no-cache',
    ...(packed && { 'Content-Encoding': 'br' }),
  });
  createReadStream(packed ? `${file}.br` : file).pipe(response);
}

const server = createServer((request, response) => {
  const url = new URL(request.url, `http://${request.headers.host}`);
  if (!url.pathname.startsWith('/api/')) return page(request, response, url);
  api(request, response, url).catch((error) => {
    console.error(error);
    if (!response.headersSent) refuse(response, 500, 'internal', '');
    else response.end();
  });
});

server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(`ready http://localhost:${server.address().port}`);
});
