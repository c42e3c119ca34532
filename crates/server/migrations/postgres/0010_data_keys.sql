-- Keys that outlive a master key, because what they sign is kept for long (the audit log); sealed with it. The same as
-- migrations/sqlite/0010_data_keys.sql.
CREATE TABLE data_keys (
    purpose TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
