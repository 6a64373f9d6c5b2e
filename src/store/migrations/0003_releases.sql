-- Which version of the program brought the schema where it is: an earlier one names it when it refuses to work with what it
-- does not know.
create table releases (
  schema bigint primary key,
  version text not null,
  at timestamptz not null default now()
);
