-- Accounts, sessions, tokens, invitations. The same tables and columns as migrations/postgres/0002_people.sql.
-- Secrets are here only as hashes, or sealed with the master key (vault.rs).

-- A person without `username` cannot sign in. `username` and `email` are folded, so that each is there once.
ALTER TABLE users ADD COLUMN username TEXT;
ALTER TABLE users ADD COLUMN email TEXT;
ALTER TABLE users ADD COLUMN password_hash TEXT;
ALTER TABLE users ADD COLUMN password_changed_at INTEGER;
ALTER TABLE users ADD COLUMN is_super_admin INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN is_active INTEGER NOT NULL DEFAULT TRUE;
ALTER TABLE users ADD COLUMN seen_at INTEGER;
CREATE UNIQUE INDEX users_by_username ON users (username) WHERE username IS NOT NULL;
CREATE UNIQUE INDEX users_by_email ON users (email) WHERE email IS NOT NULL;

ALTER TABLE members ADD COLUMN role TEXT NOT NULL DEFAULT 'user'
    CHECK (role IN ('admin', 'manager', 'user', 'viewer'));
ALTER TABLE members ADD COLUMN joined_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX members_by_user ON members (user_id, joined_at);

-- A sign-in, until it ends. `method` says how the person proved who they are.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    method TEXT NOT NULL,
    is_remembered INTEGER NOT NULL,
    ip TEXT,
    user_agent TEXT,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Each refresh token is good once; one that comes a second time ends its session.
CREATE TABLE refresh_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    issued_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Tokens for programs. `permissions` are names, separated by spaces.
CREATE TABLE api_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    permissions TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_tokens_by_hash ON api_tokens (hash);
CREATE INDEX api_tokens_by_user ON api_tokens (user_id, created_at);

-- Links that are good once: `setup` makes the first account, `invitation` an account and a member, `reset` sets a
-- password anew for `user_id`.
CREATE TABLE invitations (
    id BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('setup', 'invitation', 'reset')),
    hash TEXT NOT NULL,
    workspace_id BLOB REFERENCES workspaces (id),
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    role TEXT CHECK (role IN ('admin', 'manager', 'user', 'viewer')),
    email TEXT,
    invited_by BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX invitations_by_hash ON invitations (hash);
CREATE INDEX invitations_by_workspace ON invitations (workspace_id, created_at);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);

-- What access tokens are signed with (Ed25519); `secret` is sealed. A retired key still verifies.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    public TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT, WITHOUT ROWID;
