-- pake: expand
-- Since 0013 words are looked for by how they begin. When no question has such a word, what was given may be the inside of one (`base`
-- of `database`), which this index finds by its trigrams; decisions/0019-within-words.md. With the workspace before them it does
-- not read those of others, however common a part of a word is: that is what btree_gin is for.
--
-- Both extensions come with PostgreSQL, and whoever may create in the database may have them. Where somebody else has made them
-- already, nothing is done. They are for the whole database, so they stand in a schema that does not go with one PAKE.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;

-- A new question has some thirty trigrams, each with a place of its own in the index. Gathered and put in place a few hundred questions at a time
-- they cost a fifth of the work and an eighth of the log; whoever looks meanwhile reads what has gathered too (decisions/0019-within-words.md).
CREATE INDEX queries_within ON queries USING gin (workspace_id, words public.gin_trgm_ops) WITH (gin_pending_list_limit = 512);
