-- Who asks, what was asked, what came out. The same tables and columns as migrations/sqlite/0001_history.sql.
-- Times are milliseconds since 1970-01-01 UTC; ids are UUIDs, those of searches version 7: their order is the order in
-- time.

CREATE TABLE workspaces (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE members (
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    user_id UUID NOT NULL REFERENCES users (id),
    PRIMARY KEY (workspace_id, user_id)
);

-- Until there are accounts, everything belongs to these two (store.rs: Scope::local).
INSERT INTO workspaces (id, name, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 'local', 0);
INSERT INTO users (id, name, created_at) VALUES ('00000000-0000-7000-8000-000000000002', 'local', 0);
INSERT INTO members (workspace_id, user_id)
VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002');

-- Each question once a workspace, however often it is asked. The id is a hash of workspace and text, so that whoever
-- writes a search knows it without looking it up. `words` is the text folded for the full-text index (store/words.rs).
CREATE TABLE queries (
    id BIGINT NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    text TEXT NOT NULL,
    words TEXT NOT NULL
);

-- The words are folded and split already: no parser, no dictionary.
CREATE INDEX queries_index ON queries USING gin (array_to_tsvector(string_to_array(words, ' ')));

-- What came out of asking the sources once; searches that were served from the cache share it. `reports` and `counts`
-- are JSON (as text: JSONB refuses NUL); `body` is the whole answer, compressed, as long as it may be kept.
CREATE TABLE answers (
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    id UUID NOT NULL,
    key TEXT NOT NULL,
    reports TEXT NOT NULL,
    counts TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT,
    body BYTEA,
    PRIMARY KEY (workspace_id, id)
);
-- It is compressed already.
ALTER TABLE answers ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX answers_expiring ON answers (expires_at) WHERE expires_at IS NOT NULL;

-- The history: small rows, in the order in which they are listed.
CREATE TABLE searches (
    workspace_id UUID NOT NULL,
    user_id UUID NOT NULL,
    id UUID NOT NULL,
    query_id BIGINT NOT NULL REFERENCES queries (id),
    answer_id UUID,
    sources TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'partial', 'failed', 'cancelled')),
    results_count BIGINT NOT NULL,
    execution_time_ms BIGINT NOT NULL,
    cache_hit BOOLEAN NOT NULL,
    quality DOUBLE PRECISION,
    created_at BIGINT NOT NULL,
    is_favorite BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (workspace_id, user_id, id),
    FOREIGN KEY (workspace_id, answer_id) REFERENCES answers (workspace_id, id)
);
CREATE INDEX searches_by_query ON searches (query_id, user_id, id);
CREATE INDEX searches_by_answer ON searches (answer_id);
CREATE INDEX searches_favorite ON searches (workspace_id, user_id, id) WHERE is_favorite;

CREATE TABLE tags (
    workspace_id UUID NOT NULL,
    user_id UUID NOT NULL,
    search_id UUID NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (workspace_id, user_id, search_id, tag),
    FOREIGN KEY (workspace_id, user_id, search_id) REFERENCES searches (workspace_id, user_id, id) ON DELETE CASCADE
);
CREATE INDEX tags_by_tag ON tags (workspace_id, user_id, tag, search_id);

-- Pairs of records that a person has said are not the same work; record_a < record_b.
CREATE TABLE splits (
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    user_id UUID NOT NULL REFERENCES users (id),
    record_a TEXT NOT NULL,
    record_b TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id, record_a, record_b)
);

-- What a source with a price has cost on a day (UTC, YYYY-MM-DD), in millionths of a US dollar.
CREATE TABLE source_spend (
    source TEXT NOT NULL,
    day TEXT NOT NULL,
    micros BIGINT NOT NULL,
    PRIMARY KEY (source, day)
);
