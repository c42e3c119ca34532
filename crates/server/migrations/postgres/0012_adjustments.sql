-- pake: expand
-- Settings that an operator changed while PAKE serves: one row, JSON, sealed with the master key because keys of sources
-- are among them. The version tells other processes that there is something new. The same as
-- migrations/sqlite/0012_adjustments.sql.
CREATE TABLE adjustments (
    name TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    settings TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
