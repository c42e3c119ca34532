-- Settings of workspaces, and security events. The same tables and columns as migrations/sqlite/0006_workspaces.sql.
-- What is not set is as the configuration says.

-- JSON: names of the sources that are asked when neither the question nor the person names any.
ALTER TABLE workspaces ADD COLUMN default_sources TEXT;
-- How long searches are kept; at most history.retention_days.
ALTER TABLE workspaces ADD COLUMN retention_days BIGINT;
-- The least role that may invite.
ALTER TABLE workspaces ADD COLUMN invites_from TEXT NOT NULL DEFAULT 'admin'
    CHECK (invites_from IN ('manager', 'admin', 'super_admin'));
-- JSON: how much each of its people may ask, by class of routes.
ALTER TABLE workspaces ADD COLUMN limits TEXT;

-- Whole workspaces are listed and deleted.
CREATE INDEX sessions_by_workspace ON sessions (workspace_id);
CREATE INDEX api_tokens_by_workspace ON api_tokens (workspace_id);

-- What may matter for safety, drawn from the audit log. Many of one kind from one place within an hour are one row, counted;
-- `bucket` names them, and keeps strangers from filling the table.
CREATE TABLE security_events (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID,
    event_type TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    user_id UUID,
    ip TEXT,
    user_agent TEXT,
    details TEXT NOT NULL,
    bucket TEXT,
    occurrences BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    resolved_at BIGINT,
    resolved_by UUID
);
CREATE UNIQUE INDEX security_events_by_bucket ON security_events (bucket) WHERE bucket IS NOT NULL;
CREATE INDEX security_events_by_workspace ON security_events (workspace_id, id);
CREATE INDEX security_events_by_user ON security_events (user_id, id);
CREATE INDEX security_events_by_age ON security_events (last_at);
