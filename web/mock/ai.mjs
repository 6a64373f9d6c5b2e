// Models and what they cost: a month of invented calls, limits and switches that can be changed, trials that partly fail.

const DAY = 86_400_000;
const iso = (at) => new Date(at).toISOString().slice(0, 10);
const MODELS = { simple: 'openai/gpt-5-nano', medium: 'openai/gpt-5-mini', complex: 'openai/gpt-5' };
const FEATURES = {
  query: 'the text of the query',
  evidence: "the query's requirements and passages of the resume",
  requirements: 'the description of the position',
  resume: 'the text of the resume',
  interview: "the position's requirements and passages of the resume",
  embedding: 'the passages of every resume, and every query',
  test: 'nothing but the word "ready"',
};

/** What a day cost by tier, in micro-dollars: workdays and weekends, the same at every start. */
function day(at) {
  const date = new Date(at);
  const free = date.getUTCDay() % 6 === 0;
  const wave = 1 + ((date.getUTCDate() * 7) % 5) / 10;
  const simple = Math.round((free ? 90_000 : 900_000) * wave);
  const medium = Math.round((free ? 40_000 : 620_000) * wave);
  const complex = Math.round((free ? 0 : 480_000) * wave);
  const calls = free ? 12 : 140;
  return { day: iso(at), cost: simple + medium + complex, simple, medium, complex, other: 0, calls };
}

const estimate = (value, by) => ({ value, low: value - by, high: value + by });

export class Ai {
  #setUp;
  #tell;
  #limits = new Map([['workspace month', 60_000_000]]);
  #off = new Set();
  #stopped = null;
  #identity = false;
  #contents = null;

  constructor(setUp, tell) {
    this.#setUp = setUp;
    this.#tell = tell;
  }

  /** A provider gets a key, or loses it: what an operator does on the server. */
  setUp(on) {
    this.#setUp = on;
    this.#tell('ai', {});
  }

  bill(url, members) {
    const today = Date.parse(iso(Date.now()));
    const to = Date.parse(url.searchParams.get('to') ?? iso(today));
    const from = Date.parse(url.searchParams.get('from') ?? `${iso(to).slice(0, 7)}-01`);
    const days = [];
    for (let at = from; at <= to; at += DAY)
      days.push(this.#setUp ? day(at) : { ...day(at), cost: 0, simple: 0, medium: 0, complex: 0, calls: 0 });
    const of = (key) => days.reduce((sum, one) => sum + one[key], 0);
    const calls = of('calls');
    const part = (key, share, name = '') => ({
      key,
      name,
      calls: Math.round(calls * share),
      cached: Math.round(calls * share * 0.4),
      shared: Math.round(calls * share * 0.02),
      failed: Math.round(calls * share * 0.01),
      input_tokens: Math.round(calls * share * 900),
      cached_tokens: Math.round(calls * share * 300),
      output_tokens: Math.round(calls * share * 160),
      cost: Math.round(of('cost') * share),
      saved_cache: Math.round(of('cost') * share * 0.5),
      saved_batch: 0,
      saved_prefix: Math.round(of('cost') * share * 0.1),
      saved_tier: Math.round(of('cost') * share * 3),
    });
    const { key: _, name: __, ...total } = part('', 1);
    const some = (parts) => (calls > 0 ? parts : []);
    const spent = this.#spent();
    const limit = Math.min(100_000_000, this.#limits.get('workspace month') ?? Infinity);
    return {
      from: iso(from),
      to: iso(to),
      total,
      days,
      tiers: some(
        ['simple', 'medium', 'complex'].map((tier) => ({
          ...part(tier, of(tier) / of('cost')),
          cost: of(tier),
        })),
      ),
      shares: [
        { tier: 'simple', aim: 60 },
        { tier: 'medium', aim: 30 },
        { tier: 'complex', aim: 10 },
      ],
      features: some([part('query', 0.5), part('evidence', 0.3), part('requirements', 0.2)]),
      models: some(Object.entries(MODELS).map(([tier, model]) => part(model, of(tier) / of('cost')))),
      members: some([part(members[0].id, 0.6, members[0].name), part('', 0.4)]),
      month: {
        spent,
        limit,
        level: spent >= limit ? 'spent' : spent >= limit * 0.8 ? 'warning' : 'fine',
        projection: this.#setUp
          ? {
              likely: spent + 6_200_000,
              low: spent + 4_900_000,
              high: spent + 7_500_000,
              days: 28,
            }
          : null,
      },
      comparison: {
        model: this.#setUp ? 'claude/claude-haiku-4-5' : '',
        percent: this.#setUp ? 5 : 0,
        sides: some([
          {
            model: 'claude/claude-haiku-4-5',
            compared: true,
            answers: 96,
            valid: estimate(0.97, 0.03),
            judged: 0,
            accepted: null,
            latency_ms: estimate(1310, 90),
            cost: estimate(2100, 120),
          },
          {
            model: 'openai/gpt-5-nano',
            compared: false,
            answers: 1904,
            valid: estimate(0.94, 0.01),
            judged: 410,
            accepted: estimate(0.81, 0.04),
            latency_ms: estimate(890, 25),
            cost: estimate(310, 8),
          },
        ]),
        pairs: some([
          {
            usual: 'openai/gpt-5-nano',
            other: 'claude/claude-haiku-4-5',
            questions: 91,
            latency_ms: estimate(420, 80),
            cost: estimate(1790, 110),
          },
        ]),
      },
      providers: [
        { name: 'openai', set_up: this.#setUp, models: Object.values(MODELS) },
        { name: 'claude', set_up: false, models: ['claude/claude-haiku-4-5', 'claude/claude-sonnet-4-5'] },
        { name: 'compatible', set_up: false, models: [] },
      ],
      resting: [],
      stopped_at: this.#stopped?.at ?? null,
      running_cost: this.#running(limit),
    };
  }

  /** This month's, which no range changes. */
  #spent() {
    if (!this.#setUp) return 0;
    const today = Date.parse(iso(Date.now()));
    let sum = 0;
    for (let at = Date.parse(`${iso(today).slice(0, 7)}-01`); at <= today; at += DAY) sum += day(at).cost;
    return sum;
  }

  #running(limit) {
    const per = this.#setUp ? 4_100_000 : null;
    const row = (users, server) => {
      const ai = Math.min(limit, users * (per ?? 0));
      const mail = users * 20_000;
      return { users, server, storage: 6_000_000, mail, ai, total: server + 6_000_000 + mail + ai };
    };
    const price = (kind, name, listed, micros) => ({
      kind,
      name,
      price: micros,
      listed,
      seen: '2026-04-15',
      source: 'https://example.com/prices',
    });
    return {
      ai_per_user: per,
      by_users: [
        row(5, 4_788_000),
        row(10, 4_788_000),
        row(25, 4_788_000),
        row(50, 4_788_000),
        row(100, 7_788_000),
      ],
      prices: [
        price('server', '2 vCPU, 4 GB, 40 GB', '3.99 EUR', 4_788_000),
        price('storage', '1 TB for backups elsewhere', '5.00 EUR', 6_000_000),
      ],
      planned: { low: 350_000_000, high: 500_000_000, ai_low: 100_000_000, ai_high: 150_000_000 },
    };
  }

  calls(url) {
    const all = this.#setUp ? Array.from({ length: 40 }, (_, n) => this.#call(n)) : [];
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const limit = Number(url.searchParams.get('limit') ?? 50);
    const next = from + limit < all.length ? { next_cursor: String(from + limit) } : {};
    return { calls: all.slice(from, from + limit), ...next };
  }

  #call(n) {
    const tier = n % 7 === 0 ? 'complex' : n % 3 === 0 ? 'medium' : 'simple';
    return {
      id: `call-${n}`,
      at: new Date(Date.now() - n * 11 * 60_000).toISOString(),
      member_id: 'm1',
      member: 'Edda Eigner',
      feature: n % 2 ? 'query' : 'evidence',
      tier,
      reason: 'about 40 tokens, 1 left open by the rules',
      prompt: 'query@1',
      model: MODELS[tier],
      outcome: n % 5 === 0 ? 'cached' : n === 8 ? 'timeout' : 'answered',
      input_hash: '00'.repeat(32),
      usage: { input: 812, cached: 300, output: 96 },
      cost: n % 5 === 0 ? 0 : 180 + n,
      saved: 900,
      latency_ms: n % 5 === 0 ? 3 : 780 + n * 13,
      accepted: null,
      compared_with: null,
    };
  }

  budget(members) {
    const subjects = [
      ['appliance', '', { month: 100_000_000, day: 20_000_000 }],
      ['workspace', ''],
      ...Object.keys(FEATURES).map((name) => [`feature:${name}`, name]),
      ...members.map(({ id, name }) => [`member:${id}`, name]),
    ];
    const limits = subjects.flatMap(([subject, name, fixed]) =>
      ['month', 'day'].map((period) => ({
        subject,
        name,
        period,
        limit: fixed ? fixed[period] : (this.#limits.get(`${subject} ${period}`) ?? null),
        spent: ['appliance', 'workspace'].includes(subject)
          ? period === 'month'
            ? this.#spent()
            : Math.round(this.#spent() / 20)
          : 0,
        reserved: 0,
        fixed: Boolean(fixed),
      })),
    );
    return { warn_percent: 80, limits };
  }

  setBudget({ limits }, members) {
    for (const { subject, period, limit } of limits) {
      if (limit === null) this.#limits.delete(`${subject} ${period}`);
      else this.#limits.set(`${subject} ${period}`, limit);
    }
    this.#tell('ai', {});
    return this.budget(members);
  }

  settings() {
    return {
      stopped_at: this.#stopped?.at ?? null,
      stopped_by: this.#stopped?.by ?? null,
      features: Object.entries(FEATURES).map(([feature, sends]) => ({
        feature,
        on: !this.#off.has(feature),
        sends,
      })),
      sends_identity: this.#identity,
      contents_until: this.#contents,
    };
  }

  setSettings({ features_off, sends_identity, contents_until }) {
    this.#off = new Set(features_off);
    [this.#identity, this.#contents] = [sends_identity, contents_until];
    this.#tell('ai', {});
    return this.settings();
  }

  stop(name) {
    this.#stopped = name ? { at: new Date().toISOString(), by: name } : null;
    this.#tell('ai', {});
    return this.settings();
  }

  trials() {
    if (!this.#setUp) return [];
    const works = { state: 'works', code: 'ok', said: 'it answers', todo: null };
    return [
      { model: MODELS.simple, ...works, latency_ms: 640, cost: 31 },
      { model: MODELS.medium, ...works, latency_ms: 910, cost: 140 },
      {
        model: MODELS.complex,
        state: 'fails',
        code: 'unknown_model',
        said: 'the provider has no such model: The model `gpt-5` does not exist or you do not have access to it.',
        todo: 'name another one in the chains of `[ai]`, or let the key use it; the key may use gpt-5-mini, gpt-5-nano',
        latency_ms: 120,
        cost: 0,
      },
      {
        model: 'claude',
        state: 'not_set_up',
        code: 'no_key',
        said: 'it has no key',
        todo: 'write the key into /etc/talentprompt/credentials/claude.api_key (mode 0600), then: systemctl restart talentprompt',
        latency_ms: null,
        cost: 0,
      },
    ];
  }
}
