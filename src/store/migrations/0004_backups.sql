-- Row-level security hides every row from the role that owns the tables as well, and its dump would be without people.
-- This lets that role read all of them in a session that says that it makes a backup; the application's role, which owns
-- nothing, gains nothing by saying so. A table that gets row-level security later needs the same.
do $$
declare name text;
begin
  foreach name in array array['candidates', 'candidate_identifiers', 'uploads', 'resumes', 'extractions', 'passages', 'embeddings',
                              'timeline', 'searches'] loop
    execute format($policy$create policy backup on %I for select to %I
      using (current_setting('app.backup', true) = 'on')$policy$, name, current_user);
  end loop;
end $$;
