-- Who understood a resume. A reader is the rules and tables of one version of the program; they are numbered in the order
-- in which this database met them, so that a resume is only ever read anew by a later one, also while two versions run
-- side by side. 0: before readers were numbered.
create table readers (
  number integer generated always as identity primary key,
  name text not null constraint readers_name_key unique
);
alter table resumes add column reader integer not null default 0;
