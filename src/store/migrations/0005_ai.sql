-- Money spent on models. Counters and reservations belong to no workspace's people: they are read and locked together
-- for limits that span workspaces, and hold ids and sums alone. The log of calls and the kept answers are a workspace's.

-- What was spent and what is reserved, by whom or for what (`appliance`, `workspace:…`, `feature:…`, `member:…`) and
-- in which month (`2026-11`) or on which day (`2026-11-27`), UTC.
create table ai_counters (
  key text not null,
  period text not null,
  reserved bigint not null default 0 constraint ai_counters_reserved check (reserved >= 0),
  spent bigint not null default 0,
  primary key (key, period)
);

-- The worst that a call under way can cost. Its process renews the lease; one that is not heard of any more has perhaps
-- been billed, so the whole counts as spent (`lost_at`) until the call's end says what it really was.
create table ai_reservations (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  keys text[] not null,
  periods text[] not null,
  worst bigint not null constraint ai_reservations_worst check (worst >= 0),
  call jsonb not null,
  holder uuid not null,
  lease_until timestamptz,
  lost_at timestamptz,
  created_at timestamptz not null
);
create index ai_reservations_leases on ai_reservations (lease_until) where lost_at is null;

-- Every call, without what was said in it.
create table ai_calls (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  member_id uuid references members on delete set null,
  at timestamptz not null,
  feature text not null,
  tier text constraint ai_calls_tier check (tier in ('simple', 'medium', 'complex')),
  reason text not null,
  prompt text not null,
  provider text not null,
  model text not null,
  outcome text not null,
  input_hash bytea not null,
  input_tokens integer not null default 0,
  cached_tokens integer not null default 0,
  output_tokens integer not null default 0,
  cost bigint not null default 0,
  price_from date,
  saved_cache bigint not null default 0,
  saved_batch bigint not null default 0,
  saved_prefix bigint not null default 0,
  saved_tier bigint not null default 0,
  latency_ms integer not null default 0,
  accepted boolean,
  compared_with uuid,
  contents jsonb
);
create index ai_calls_recent on ai_calls (workspace_id, at desc);
create index ai_calls_compared on ai_calls (compared_with) where compared_with is not null;

-- Answers that are valid and may be used again, by what was asked of whom.
create table ai_answers (
  workspace_id uuid not null references workspaces on delete cascade,
  key bytea not null,
  model text not null,
  feature text not null,
  answer jsonb not null,
  input_tokens integer not null,
  output_tokens integer not null,
  cost bigint not null,
  created_at timestamptz not null,
  primary key (workspace_id, key, model)
);
create index ai_answers_age on ai_answers (workspace_id, created_at);

-- Limits that a workspace sets itself, below those of the configuration.
create table ai_limits (
  workspace_id uuid not null references workspaces on delete cascade,
  subject text not null,
  period text not null constraint ai_limits_period check (period in ('day', 'month')),
  micros bigint not null constraint ai_limits_micros check (micros >= 0),
  primary key (workspace_id, subject, period)
);

-- What a workspace lets leave the machine, and whether it is stopped.
create table ai_settings (
  workspace_id uuid primary key references workspaces on delete cascade,
  stopped_at timestamptz,
  stopped_by uuid references members on delete set null,
  features_off text[] not null default '{}',
  sends_identity boolean not null default false,
  contents_until timestamptz
);

-- Work that a provider does within a day, for less.
create table ai_batches (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  provider text not null,
  model text not null,
  provider_id text,
  state text not null constraint ai_batches_state check (state in ('collecting', 'sent', 'done', 'failed')),
  error text,
  created_at timestamptz not null,
  sent_at timestamptz,
  done_at timestamptz
);

create table ai_batch_items (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  batch_id uuid not null references ai_batches on delete cascade,
  key bytea not null,
  feature text not null,
  request jsonb not null,
  subject jsonb not null
);
create index ai_batch_items_batch on ai_batch_items (batch_id);

do $$
declare name text;
begin
  foreach name in array array['ai_calls', 'ai_answers', 'ai_limits', 'ai_settings', 'ai_batches', 'ai_batch_items'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format($policy$create policy workspace on %I
      using (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
      with check (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)$policy$, name);
    execute format($policy$create policy backup on %I for select to %I
      using (current_setting('app.backup', true) = 'on')$policy$, name, current_user);
  end loop;
end $$;
