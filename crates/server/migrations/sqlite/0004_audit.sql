-- Who did what, to what, from where, with which outcome. Rows are only added: each is signed together with the one before
-- it (audit.rs), so that a row that was altered or taken out shows. The same as migrations/postgres/0004_audit.sql.
CREATE TABLE audit_log (
    seq INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor BLOB,
    workspace_id BLOB,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('success', 'refused')),
    target TEXT,
    ip TEXT,
    request_id TEXT,
    details TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_by_actor ON audit_log (actor, seq);
CREATE INDEX audit_log_by_action ON audit_log (action, seq);
CREATE INDEX audit_log_by_time ON audit_log (at);

-- The last row's number and signature: rows taken off the end show, too. Whoever adds a row holds this one.
CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    signature TEXT NOT NULL
) STRICT;
INSERT INTO audit_head (id, seq, signature) VALUES (1, 0, '');
