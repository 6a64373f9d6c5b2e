-- The first schema. Every row of a workspace carries workspace_id and is guarded by row-level security; the
-- application's role owns nothing and cannot bypass it. System tables (users, sessions, tasks) are read before a
-- workspace is known and hold nothing of a candidate but ids.

do $$
begin
  if not exists (select from pg_roles where rolname = 'talentprompt_app') then
    create role talentprompt_app login nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
exception when unique_violation or duplicate_object then
  null; -- another database of the cluster made it at the same moment
end $$;

create table workspaces (
  id uuid primary key,
  name text not null constraint workspaces_name_length check (length(name) between 1 and 200),
  created_at timestamptz not null
);

create table users (
  id uuid primary key,
  email text not null constraint users_email_length check (length(email) between 3 and 254),
  name text not null constraint users_name_length check (length(name) between 1 and 200),
  password_hash text,
  created_at timestamptz not null
);
create unique index users_email_key on users (lower(email));

create table members (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  role text not null constraint members_role check (role in ('owner', 'recruiter', 'viewer')),
  disabled_at timestamptz,
  created_at timestamptz not null,
  last_seen_at timestamptz,
  constraint members_user_key unique (workspace_id, user_id)
);

-- One-time links: the first owner's (no member yet) and invitations. Only the token's SHA-256 is kept.
create table links (
  token_hash bytea primary key,
  purpose text not null constraint links_purpose check (purpose in ('setup', 'invitation', 'password')),
  member_id uuid references members on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table sessions (
  id uuid primary key,
  token_hash bytea not null unique,
  member_id uuid not null references members on delete cascade,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  user_agent text,
  address text
);
create index sessions_member on sessions (member_id);

create table api_tokens (
  id uuid primary key,
  token_hash bytea not null unique,
  member_id uuid not null references members on delete cascade,
  name text not null constraint api_tokens_name_length check (length(name) between 1 and 100),
  prefix text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  expires_at timestamptz
);
create index api_tokens_member on api_tokens (member_id);

-- Background work. A task is `ready`, or `running` under a lease; an expired lease makes it ready again; a task that
-- has used up its attempts is `dead` and stays visible. Done tasks are deleted.
create table tasks (
  id uuid primary key,
  kind text not null,
  version integer not null,
  payload jsonb not null,
  workspace_id uuid references workspaces on delete cascade,
  state text not null default 'ready' constraint tasks_state check (state in ('ready', 'running', 'dead')),
  priority integer not null default 0,
  run_at timestamptz not null,
  attempts integer not null default 0,
  max_attempts integer not null,
  lease uuid,
  lease_until timestamptz,
  history jsonb not null default '[]',
  created_at timestamptz not null
);
create index tasks_next on tasks (priority desc, run_at, id) where state = 'ready';
create index tasks_leases on tasks (lease_until) where state = 'running';

create table candidates (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  name text not null,
  headline text,
  location jsonb,
  experience_months integer,
  current_resume_id uuid,
  corrections jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index candidates_recent on candidates (workspace_id, updated_at desc, id);

-- What makes two resumes the same person's. Not unique by value: people share a phone.
create table candidate_identifiers (
  workspace_id uuid not null references workspaces on delete cascade,
  kind text not null constraint candidate_identifiers_kind check (kind in ('email', 'phone')),
  value text not null,
  candidate_id uuid not null references candidates on delete cascade,
  primary key (workspace_id, kind, value, candidate_id)
);
create index candidate_identifiers_candidate on candidate_identifiers (candidate_id);

create table uploads (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  member_id uuid references members on delete set null,
  parent_id uuid references uploads on delete cascade,
  filename text not null,
  size bigint not null,
  content_hash bytea not null,
  media_type text,
  status text not null constraint uploads_status
    check (status in ('queued', 'extracting', 'parsing', 'embedding', 'indexed', 'failed')),
  error_code text,
  error_detail text,
  error_hint text,
  candidate_id uuid references candidates on delete cascade,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint uploads_content_key unique (workspace_id, content_hash)
);
create index uploads_recent on uploads (workspace_id, id desc);
create index uploads_candidate on uploads (candidate_id);
create index uploads_parent on uploads (parent_id);

create table resumes (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  candidate_id uuid not null references candidates on delete cascade,
  upload_id uuid not null references uploads on delete cascade,
  filename text not null,
  media_type text not null,
  size bigint not null,
  content_hash bytea not null,
  pages integer,
  text text not null,
  profile jsonb not null,
  created_at timestamptz not null,
  constraint resumes_upload_key unique (upload_id)
);
create index resumes_candidate on resumes (candidate_id, created_at desc);
alter table candidates add constraint candidates_current_resume
  foreign key (current_resume_id) references resumes (id) on delete set null deferrable initially deferred;

-- A resume's text between the reading and the understanding, so that a crash repeats one step, not all.
create table extractions (
  upload_id uuid primary key references uploads on delete cascade,
  workspace_id uuid not null references workspaces on delete cascade,
  media_type text not null,
  pages integer,
  text text not null,
  findings jsonb not null
);

create table passages (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  candidate_id uuid not null references candidates on delete cascade,
  resume_id uuid not null references resumes on delete cascade,
  ordinal integer not null,
  span_start integer not null,
  span_end integer not null,
  kind text not null,
  text text not null,
  content_hash bytea not null,
  sparse_indices bytea not null, -- little-endian u32, ascending
  sparse_values bytea not null,  -- little-endian f32, as many
  constraint passages_ordinal_key unique (resume_id, ordinal)
);
create index passages_candidate on passages (candidate_id);
create index passages_content on passages (content_hash);

-- Vectors by model and content: never computed twice, never bought twice. The key is a hash of the text.
create table embeddings (
  workspace_id uuid not null references workspaces on delete cascade,
  model text not null,
  content_hash bytea not null,
  vector bytea not null, -- little-endian f32, unit length
  primary key (workspace_id, model, content_hash)
);

create table timeline (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  candidate_id uuid not null references candidates on delete cascade,
  member_id uuid references members on delete set null,
  kind text not null,
  detail text not null,
  at timestamptz not null
);
create index timeline_candidate on timeline (candidate_id, at desc);

-- What was asked, how it was understood, and who was shown in which order.
create table searches (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  member_id uuid references members on delete set null,
  query text not null,
  interpretation jsonb not null,
  model text not null,
  ranking uuid[] not null,
  total integer not null,
  took_ms integer not null,
  at timestamptz not null
);
create index searches_recent on searches (workspace_id, at desc);

do $$
declare name text;
begin
  foreach name in array array['candidates', 'candidate_identifiers', 'uploads', 'resumes', 'extractions', 'passages', 'embeddings',
                              'timeline', 'searches'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format($policy$create policy workspace on %I
      using (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
      with check (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)$policy$, name);
  end loop;
end $$;

grant usage on schema public to talentprompt_app;
grant select, insert, update, delete on all tables in schema public to talentprompt_app;
alter default privileges in schema public grant select, insert, update, delete on tables to talentprompt_app;
