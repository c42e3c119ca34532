-- What people prefer, and what they are given and rid of by law. The same tables and columns as
-- migrations/sqlite/0008_privacy.sql.

-- What somebody prefers in a workspace; without a row, the defaults.
CREATE TABLE preferences (
    workspace_id UUID NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    default_sources TEXT,
    auto_save_searches BOOLEAN NOT NULL,
    retention_days BIGINT NOT NULL,
    result_format TEXT NOT NULL,
    email_digest BOOLEAN NOT NULL,
    search_alerts BOOLEAN NOT NULL,
    weekly_summary BOOLEAN NOT NULL,
    anonymous_analytics BOOLEAN NOT NULL,
    share_popular_searches BOOLEAN NOT NULL,
    retention_opt_out BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX preferences_by_user ON preferences (user_id);

-- All that is stored about a person, as a ZIP, sealed in parts (vault.rs), until it is taken or a day is over. In the database,
-- since replicas share no disk.
CREATE TABLE exports (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'ready', 'taken', 'expired')),
    bytes BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    ready_at BIGINT,
    expires_at BIGINT,
    taken_at BIGINT
);
CREATE INDEX exports_by_user ON exports (user_id, created_at);
CREATE INDEX exports_by_expiry ON exports (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE export_parts (
    export_id UUID NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    part BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (export_id, part)
);

-- When somebody asked for their account to be deleted, and when that happens.
ALTER TABLE users ADD COLUMN deletion_asked_at BIGINT;
ALTER TABLE users ADD COLUMN deletion_due_at BIGINT;
CREATE INDEX users_by_deletion ON users (deletion_due_at) WHERE deletion_due_at IS NOT NULL;

-- What of an address is signed is `ip_mark`, a hash of it with the salt: the address and the salt can go, and the row is as it
-- was signed all the same. Rows that were written before have none.
ALTER TABLE audit_log ADD COLUMN ip_salt TEXT;
ALTER TABLE audit_log ADD COLUMN ip_mark TEXT;
