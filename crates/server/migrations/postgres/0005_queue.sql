-- Work that takes long or must survive a restart. The same tables and columns as migrations/sqlite/0005_queue.sql.
-- Whoever works on a job holds it until `due_at`, and says again and again that it does; a job whose holder was not heard
-- of until then is taken over by another process. `payload` and `result` are JSON, without secrets.
-- `user_id` refers to nobody: a job may outlive the person whom it is about.
CREATE TABLE queue (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    workspace_id UUID,
    user_id UUID,
    unique_key TEXT,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    is_cancel_wanted BOOLEAN NOT NULL DEFAULT FALSE,
    done BIGINT NOT NULL DEFAULT 0,
    total BIGINT,
    step TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL,
    holder UUID,
    last_error TEXT,
    result TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT
);
CREATE INDEX queue_due ON queue (due_at, id) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX queue_once ON queue (unique_key) WHERE finished_at IS NULL AND unique_key IS NOT NULL;
CREATE INDEX queue_by_workspace ON queue (workspace_id, id);
CREATE INDEX queue_by_user ON queue (user_id, id);
CREATE INDEX queue_finished ON queue (finished_at) WHERE finished_at IS NOT NULL;
