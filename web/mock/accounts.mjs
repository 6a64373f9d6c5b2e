// Sign-in, members, sessions and tokens of the mock. One workspace, kept in memory.

import { uuid } from './people.mjs';

export const PASSWORD = 'correct horse battery';
export const SETUP_TOKEN = 'setup-token';
export const COOKIE = '__Host-talentprompt';
const CSRF = 'csrf-of-the-mock';

const at = '2026-03-02T08:30:00Z';
const problem = (status, code, detail, errors = []) => ({
  status,
  problem: { type: 'about:blank', title: code, status, code, detail, errors },
});

export class Accounts {
  sessions = new Map();
  workspace = { id: uuid(1, 9), name: 'Kestrel & Loom' };
  tokens = [
    {
      id: uuid(1, 8),
      name: 'Nightly import',
      prefix: 'tp_4fQx',
      created_at: at,
      last_used_at: '2026-05-04T02:00:00Z',
      expires_at: '2027-03-02T08:30:00Z',
    },
  ];
  members = [
    {
      id: uuid(1, 7),
      name: 'Philippa Demo',
      email: 'owner@example.test',
      role: 'owner',
      status: 'active',
      created_at: at,
      last_seen_at: '2026-05-04T09:20:00Z',
    },
    {
      id: uuid(2, 7),
      name: 'Ruben Lesezeichen',
      email: 'ruben@example.test',
      role: 'recruiter',
      status: 'active',
      created_at: at,
      last_seen_at: '2026-05-02T15:00:00Z',
    },
    {
      id: uuid(3, 7),
      name: 'Mathilda Vorhang',
      email: 'mathilda@example.test',
      role: 'viewer',
      status: 'active',
      created_at: at,
      last_seen_at: '2026-04-11T10:00:00Z',
    },
    {
      id: uuid(4, 7),
      name: 'Ezra Kommtnoch',
      email: 'ezra@example.test',
      role: 'recruiter',
      status: 'invited',
      created_at: at,
      last_seen_at: null,
    },
  ];
  mail = {
    provider: 'brevo',
    from: 'Kestrel & Loom <talent@example.test>',
    today: 12,
    daily_limit: 300,
    queued: 0,
    failed: 1,
    failures: [
      {
        id: uuid(1, 5),
        to: 'Ezra Kommtnoch <ezra@example.test>',
        subject: 'Philippa Demo invites you to Kestrel & Loom',
        state: 'failed',
        attempts: 1,
        reason: 'Brevo answered 400: email is not valid in to',
        created_at: '2026-05-04T09:00:00Z',
      },
    ],
    suppressed: 2,
  };
  #next = 10;
  #failures = 0;

  /** `fresh`: nobody has set the server up yet. */
  constructor(fresh) {
    this.setupNeeded = fresh;
  }

  /** The member of a request's cookie, or null. */
  of(request) {
    const id = new RegExp(`${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
    const session = id && this.sessions.get(id);
    return session ? { session, member: this.members.find((member) => member.id === session.member) } : null;
  }

  csrfOk = (request) => request.headers['x-csrf-token'] === CSRF;

  me = (member) => ({
    user: { id: member.id, name: member.name, email: member.email },
    workspace: this.workspace,
    role: member.role,
    csrf_token: CSRF,
    version: '0.1.0-mock',
  });

  #start(member, request) {
    const id = uuid(this.#next++, 6);
    const now = new Date().toISOString();
    this.sessions.set(id, {
      id,
      member: member.id,
      created_at: now,
      last_seen_at: now,
      user_agent: request.headers['user-agent'],
      address: '127.0.0.1',
    });
    return {
      status: 200,
      body: this.me(member),
      headers: { 'Set-Cookie': `${COOKIE}=${id}; Path=/; HttpOnly; Secure; SameSite=Lax` },
    };
  }

  setupState = () => ({ needed: this.setupNeeded, takes_domain: this.setupNeeded });

  setDomain = ({ domain }) =>
    domain === 'talent.example.com'
      ? { status: 204 }
      : problem(422, 'invalid_request', 'The name is wrong.', [
          { field: 'domain', message: 'does not lead to this server: there is no such name' },
        ]);

  setup(body, request) {
    if (!this.setupNeeded)
      return problem(409, 'already_set_up', 'This server is set up already. Sign in instead.');
    if (body.token !== SETUP_TOKEN)
      return problem(
        403,
        'invalid_token',
        'This set-up link is not valid. Open the one the installer printed.',
      );
    const short = (body.password ?? '').length < 12;
    if (short)
      return problem(422, 'invalid', 'The password is too short.', [
        { field: 'password', message: 'At least 12 characters.' },
      ]);
    this.setupNeeded = false;
    this.workspace.name = body.workspace;
    Object.assign(this.members[0], { name: body.name, email: body.email, password: body.password });
    return this.#start(this.members[0], request);
  }

  login({ email, password }, request) {
    if (this.#failures >= 5) {
      this.#failures = 0;
      return { ...problem(429, 'throttled', 'Too many attempts.'), headers: { 'Retry-After': '30' } };
    }
    const member = this.members.find((m) => m.email === email && m.status === 'active');
    if (!member || password !== (member.password ?? PASSWORD)) {
      this.#failures += 1;
      return problem(401, 'invalid_credentials', 'E-mail or password is not right.');
    }
    this.#failures = 0;
    return this.#start(member, request);
  }

  accept({ token, name, password }, request) {
    const member = this.members.find((m) => m.status === 'invited' && token === `invite-${m.id}`);
    if (!member)
      return problem(
        404,
        'invitation_unknown',
        'This invitation was used already, or withdrawn. Ask for a new one.',
      );
    if (password.length < 12)
      return problem(422, 'invalid', 'The password is too short.', [
        { field: 'password', message: 'At least 12 characters.' },
      ]);
    Object.assign(member, { name, password, status: 'active', last_seen_at: new Date().toISOString() });
    return this.#start(member, request);
  }

  updateMe(member, { name, current_password, new_password }) {
    if (new_password !== undefined) {
      if (current_password !== (member.password ?? PASSWORD))
        return problem(422, 'invalid', 'The current password is not right.', [
          { field: 'current_password', message: 'This is not your current password.' },
        ]);
      if (new_password.length < 12)
        return problem(422, 'invalid', 'The password is too short.', [
          { field: 'new_password', message: 'At least 12 characters.' },
        ]);
      member.password = new_password;
    }
    if (name) member.name = name;
    return { status: 200, body: this.me(member) };
  }

  sessionsOf = ({ session, member }) =>
    [...this.sessions.values()]
      .filter((s) => s.member === member.id)
      .map(({ member: _, ...s }) => ({ ...s, current: s.id === session.id }));

  invite({ email, name, role }, origin) {
    if (this.members.some((m) => m.email === email))
      return problem(409, 'already_member', 'Somebody with this e-mail is a member already.', [
        { field: 'email', message: 'Is a member already.' },
      ]);
    const member = {
      id: uuid(this.#next++, 7),
      name,
      email,
      role,
      status: 'invited',
      created_at: new Date().toISOString(),
      last_seen_at: null,
    };
    this.members.push(member);
    return {
      status: 201,
      body: { member, invitation_url: `${origin}/invitation?token=invite-${member.id}`, mailed: false },
    };
  }

  testMail(member) {
    this.mail.today += 1;
    return { status: 200, body: { to: member.email, said: 'Brevo took it as 1@relay.example.test' } };
  }

  updateMember(id, { role, disabled }) {
    const member = this.members.find((m) => m.id === id);
    if (!member) return problem(404, 'not_found', 'No such member.');
    const owners = this.members.filter((m) => m.role === 'owner' && m.status === 'active');
    if (owners.length === 1 && owners[0] === member && (disabled || (role && role !== 'owner'))) {
      return problem(409, 'last_owner', 'A workspace needs one owner. Make someone else an owner first.');
    }
    if (role) member.role = role;
    if (disabled !== undefined) member.status = disabled ? 'disabled' : 'active';
    return { status: 200, body: member };
  }

  createToken({ name, expires_in_days }) {
    const now = Date.now();
    const token = {
      id: uuid(this.#next++, 8),
      name,
      prefix: `tp_m${this.#next}`,
      created_at: new Date(now).toISOString(),
      last_used_at: null,
      expires_at: expires_in_days ? new Date(now + expires_in_days * 86_400_000).toISOString() : null,
    };
    this.tokens.push(token);
    return { status: 201, body: { token, secret: `tp_mock_${'x7Qk2'.repeat(6)}_${this.#next}` } };
  }
}
