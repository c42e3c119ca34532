-- Work that takes long or must survive a restart. The same tables and columns as migrations/postgres/0005_queue.sql.
-- Whoever works on a job holds it until `due_at`, and says again and again that it does; a job whose holder was not heard
-- of until then is taken over by another process. `payload` and `result` are JSON, without secrets.
-- `user_id` refers to nobody: a job may outlive the person whom it is about.
CREATE TABLE queue (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    workspace_id BLOB,
    user_id BLOB,
    unique_key TEXT,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    is_cancel_wanted INTEGER NOT NULL DEFAULT FALSE,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    step TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    holder BLOB,
    last_error TEXT,
    result TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_due ON queue (due_at, id) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX queue_once ON queue (unique_key) WHERE finished_at IS NULL AND unique_key IS NOT NULL;
CREATE INDEX queue_by_workspace ON queue (workspace_id, id);
CREATE INDEX queue_by_user ON queue (user_id, id);
CREATE INDEX queue_finished ON queue (finished_at) WHERE finished_at IS NOT NULL;
