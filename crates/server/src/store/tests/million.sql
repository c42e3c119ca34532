-- A history of 1,000,000 searches, for the test of plans and for `scripts/bench --only history`: 50,000 are the local person's (one
-- every ten minutes of each working day of four years), who has asked 20,000 questions in the local workspace; the others
-- belong to 990 people in 99 workspaces. Needs a superuser.

-- Every key is right as it is made; looking each of them up takes longer than all the rest.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '128MB';

CREATE TEMP TABLE people AS
SELECT n, CASE n WHEN 0 THEN '00000000-0000-7000-8000-000000000001'::uuid ELSE md5('workspace ' || (n - 1) / 10)::uuid END AS workspace_id,
    CASE n WHEN 0 THEN '00000000-0000-7000-8000-000000000002'::uuid ELSE md5('person ' || n)::uuid END AS user_id
FROM generate_series(0, 990) AS n;

INSERT INTO workspaces (id, name, created_at) SELECT DISTINCT workspace_id, 'workspace', 0 FROM people WHERE n > 0;
INSERT INTO users (id, name, created_at) SELECT user_id, 'person', 0 FROM people WHERE n > 0;
INSERT INTO members (workspace_id, user_id) SELECT workspace_id, user_id FROM people WHERE n > 0;

-- One question of 50 has the word crispr; each has one word that few have and one that nobody else has.
CREATE TEMP TABLE questions AS
SELECT row_number() OVER (ORDER BY workspace_id, n) AS id, workspace_id, n,
    CASE n % 50 WHEN 0 THEN 'crispr base editing' ELSE 'graph neural networks' END
        || ' ' || substr(md5((n % 97)::text), 1, 6) || ' ' || substr(md5(workspace_id::text || n), 1, 10) AS words
FROM (SELECT workspace_id, min(n) AS first FROM people GROUP BY workspace_id) AS w,
    generate_series(0, CASE w.first WHEN 0 THEN 19999 ELSE 1999 END) AS n;
CREATE INDEX ON questions (workspace_id, n);
INSERT INTO queries (id, workspace_id, text, words) SELECT id, workspace_id, words, words FROM questions;

INSERT INTO answers (workspace_id, id, key, reports, counts, made_at, expires_at, body)
SELECT workspace_id, md5(workspace_id::text || n)::uuid, 'key', '[]', '{"records":0,"versions":0,"works":0}', 1700000000000, NULL, NULL
FROM (SELECT DISTINCT workspace_id FROM people) AS w, generate_series(0, 499) AS n;

-- Filling an index in the order of another one takes long: they are made when there is everything.
CREATE TEMP TABLE indexes AS
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'searches' AND indexname NOT LIKE '%_pkey';
DO $$
DECLARE i record;
BEGIN
    FOR i IN SELECT * FROM indexes LOOP EXECUTE format('DROP INDEX %I', i.indexname); END LOOP;
END $$;

-- One a minute from 2023-11-14 on, in the order in which they were asked.
INSERT INTO searches (workspace_id, user_id, id, query_id, answer_id, sources, status, results_count, execution_time_ms, cache_hit,
    quality, created_at, is_favorite)
SELECT p.workspace_id, p.user_id, (lpad(to_hex(s.at), 12, '0') || '70008000' || lpad(to_hex(s.i), 12, '0'))::uuid, q.id,
    md5(p.workspace_id::text || s.question % 500)::uuid,
    CASE WHEN s.i % 1000 < 5 THEN '["pubmed"]' ELSE '["arxiv","crossref"]' END, CASE WHEN s.i % 300 = 0 THEN 'failed' ELSE 'completed' END,
    20, 100 + s.i % 900, s.i % 3 = 0, CASE WHEN s.i / 20 % 4 = 0 THEN NULL ELSE (s.i / 20 % 100) / 100.0 END, s.at, s.i % 5000 = 0
FROM (
    SELECT i, 1700000000000 + i * 60000 AS at, CASE WHEN i % 20 = 0 THEN 0 ELSE 1 + i % 990 END AS person,
        (i / 20 * 7919 % CASE WHEN i % 20 = 0 THEN 20000 ELSE 2000 END)::int AS question
    FROM generate_series(0::bigint, 999999) AS i
) AS s
JOIN people AS p ON p.n = s.person
JOIN questions AS q ON q.workspace_id = p.workspace_id AND q.n = s.question
ORDER BY s.i;

DO $$
DECLARE i record;
BEGIN
    FOR i IN SELECT * FROM indexes LOOP EXECUTE i.indexdef; END LOOP;
END $$;

INSERT INTO tags (workspace_id, user_id, search_id, tag)
SELECT workspace_id, user_id, id, CASE WHEN created_at % 7 = 0 THEN 'thesis' ELSE 'other' END
FROM searches WHERE (created_at - 1700000000000) / 60000 % 50 = 0;

RESET session_replication_role;
ANALYZE workspaces, users, members, queries, answers, searches, tags;
