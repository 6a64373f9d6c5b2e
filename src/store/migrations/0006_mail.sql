-- Mail that is to be sent, and that was. The outbox is a system table: who sends works for all workspaces, and sees of a
-- mail no more than ids, times and states. What it says and to whom is in `mails`, guarded by row-level security; a mail
-- without a workspace is the system's own, and only a transaction of the system sees it.
create table outbox (
  id uuid primary key,
  workspace_id uuid references workspaces on delete cascade,
  key text not null constraint outbox_key unique, -- what the mail is about: a second one of the same key is not sent
  template text not null,
  priority smallint not null constraint outbox_priority check (priority between 0 and 2),
  state text not null default 'queued'
    constraint outbox_state check (state in ('queued', 'sending', 'sent', 'failed', 'suppressed')),
  attempts integer not null default 0,
  run_at timestamptz not null,
  lease uuid,
  lease_until timestamptz,
  provider text,
  provider_id text,
  created_at timestamptz not null,
  ended_at timestamptz
);
create index outbox_next on outbox (priority desc, run_at, id) where state = 'queued';
create index outbox_leases on outbox (lease_until) where state = 'sending';
create index outbox_provider on outbox (provider_id) where provider_id is not null;
create index outbox_ended on outbox (ended_at);

create table mails (
  id uuid primary key references outbox on delete cascade,
  workspace_id uuid references workspaces on delete cascade,
  recipient text not null,
  subject text not null,
  text text not null,
  html text not null,
  headers jsonb not null default '[]',
  error text
);
create index mails_workspace on mails (workspace_id);

-- Addresses that nothing is sent to, whoever has it sent: mail that comes back harms the sender's name for all.
create table suppressions (
  address text primary key constraint suppressions_address check (address = lower(address)),
  reason text not null constraint suppressions_reason check (reason in ('bounce', 'complaint', 'unsubscribe', 'by_hand')),
  detail text not null default '',
  at timestamptz not null
);

-- Links with which somebody unsubscribes. Only the token's SHA-256 is kept.
create table unsubscribe_links (
  token_hash bytea primary key,
  address text not null,
  created_at timestamptz not null
);

-- How many mails were handed over on a day (UTC), for a provider's daily limit.
create table mail_days (
  day date primary key,
  used integer not null
);

alter table mails enable row level security;
alter table mails force row level security;
create policy workspace on mails
  using (workspace_id is not distinct from nullif(current_setting('app.workspace_id', true), '')::uuid)
  with check (workspace_id is not distinct from nullif(current_setting('app.workspace_id', true), '')::uuid);
do $$
begin
  execute format($policy$create policy backup on mails for select to %I
    using (current_setting('app.backup', true) = 'on')$policy$, current_user);
end $$;
