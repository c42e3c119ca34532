-- pake: expand
-- A page of a long history (store/listing.rs). migrations/sqlite/0013_listing.sql says why SQLite needs none of this.

-- Whatever a list is filtered by is in the index, in the order of the list: a filter that few searches meet, or none, reads
-- this and not the table. The pages of an index can be read alone once the table was vacuumed, so that happens after
-- fewer new rows than usual.
CREATE INDEX searches_listed ON searches (workspace_id, user_id, id)
    INCLUDE (query_id, created_at, status, is_favorite, quality, sources);
ALTER TABLE searches SET (autovacuum_vacuum_insert_scale_factor = 0.02);

-- Words with a mark of their workspace before each (words.rs), so that those of other workspaces are not read, however
-- common a word is and however little of it is given. Words are looked for by how they begin, which this index finds; within
-- words nobody looks, so there are no trigrams. Without `fastupdate` nobody waits for what others have put off.
-- `queries_index` is what older versions look in.
CREATE INDEX queries_by_word ON queries USING gin (
    array_to_tsvector(string_to_array(
        right(CAST(workspace_id AS TEXT), 12) || replace(words, ' ', ' ' || right(CAST(workspace_id AS TEXT), 12)), ' '
    ))
) WITH (fastupdate = off);
