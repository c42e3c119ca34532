-- Who asks, what was asked, what came out. The same tables and columns as migrations/postgres/0001_history.sql.
-- Times are milliseconds since 1970-01-01 UTC; ids are UUIDs (16 bytes), those of searches version 7: their order is
-- the order in time.

CREATE TABLE workspaces (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;

-- Until there are accounts, everything belongs to these two (store.rs: Scope::local).
INSERT INTO workspaces (id, name, created_at) VALUES (x'00000000000070008000000000000001', 'local', 0);
INSERT INTO users (id, name, created_at) VALUES (x'00000000000070008000000000000002', 'local', 0);
INSERT INTO members (workspace_id, user_id)
VALUES (x'00000000000070008000000000000001', x'00000000000070008000000000000002');

-- Each question once a workspace, however often it is asked. The id is a hash of workspace and text, so that whoever
-- writes a search knows it without looking it up. `words` is the text folded for the full-text index (store/words.rs).
CREATE TABLE queries (
    id INTEGER NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    text TEXT NOT NULL,
    words TEXT NOT NULL
) STRICT;

-- The words are folded and split already: the ascii tokenizer takes them as they are. Deleted words leave the index.
CREATE VIRTUAL TABLE queries_index USING fts5 (
    words, content = 'queries', content_rowid = 'id', tokenize = 'ascii', detail = 'none', columnsize = 0
);
INSERT INTO queries_index (queries_index, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER queries_inserted AFTER INSERT ON queries BEGIN
    INSERT INTO queries_index (rowid, words) VALUES (new.id, new.words);
END;

CREATE TRIGGER queries_deleted AFTER DELETE ON queries BEGIN
    INSERT INTO queries_index (queries_index, rowid, words) VALUES ('delete', old.id, old.words);
END;

-- What came out of asking the sources once; searches that were served from the cache share it. `reports` and `counts`
-- are JSON; `body` is the whole answer, compressed, as long as it may be kept.
CREATE TABLE answers (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    id BLOB NOT NULL,
    key TEXT NOT NULL,
    reports TEXT NOT NULL,
    counts TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER,
    body BLOB,
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE INDEX answers_expiring ON answers (expires_at) WHERE expires_at IS NOT NULL;

-- The history: small rows, in the order in which they are listed.
CREATE TABLE searches (
    workspace_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    query_id INTEGER NOT NULL REFERENCES queries (id),
    answer_id BLOB,
    sources TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'partial', 'failed', 'cancelled')),
    results_count INTEGER NOT NULL,
    execution_time_ms INTEGER NOT NULL,
    cache_hit INTEGER NOT NULL,
    quality REAL,
    created_at INTEGER NOT NULL,
    is_favorite INTEGER NOT NULL DEFAULT FALSE,
    PRIMARY KEY (workspace_id, user_id, id),
    FOREIGN KEY (workspace_id, answer_id) REFERENCES answers (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX searches_by_query ON searches (query_id, user_id, id);
CREATE INDEX searches_by_answer ON searches (answer_id);
CREATE INDEX searches_favorite ON searches (workspace_id, user_id, id) WHERE is_favorite;

CREATE TABLE tags (
    workspace_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    search_id BLOB NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (workspace_id, user_id, search_id, tag),
    FOREIGN KEY (workspace_id, user_id, search_id) REFERENCES searches (workspace_id, user_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (workspace_id, user_id, tag, search_id);

-- Pairs of records that a person has said are not the same work; record_a < record_b.
CREATE TABLE splits (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    record_a TEXT NOT NULL,
    record_b TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id, record_a, record_b)
) STRICT, WITHOUT ROWID;

-- What a source with a price has cost on a day (UTC, YYYY-MM-DD), in millionths of a US dollar.
CREATE TABLE source_spend (
    source TEXT NOT NULL,
    day TEXT NOT NULL,
    micros INTEGER NOT NULL,
    PRIMARY KEY (source, day)
) STRICT, WITHOUT ROWID;
