-- How PAKE is used, in numbers. The same tables and columns as migrations/sqlite/0009_usage.sql.

-- Requests of people who have signed in, by day (since 1970-01-01 UTC), by how they showed who they are and by the class of
-- the route (limits.rs). Nothing says whose they were.
CREATE TABLE request_counts (
    workspace_id UUID NOT NULL,
    day BIGINT NOT NULL,
    via TEXT NOT NULL,
    class TEXT NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, day, via, class)
);
CREATE INDEX request_counts_by_day ON request_counts (day);

-- All that is counted over a period, so that the searches themselves need not be read.
CREATE INDEX searches_by_time ON searches (created_at, workspace_id, user_id, status, cache_hit, execution_time_ms);
