-- Second factors, passkeys, accounts of single sign-on, and what of a sign-in is begun and not yet finished. The same tables and
-- columns as migrations/sqlite/0007_factors.sql. `authenticators.secret` and `sign_in_steps.state` are sealed with the
-- master key (vault.rs).

-- The authenticator app of a person. `last_step` is that of the last code that was accepted: none is good twice.
CREATE TABLE authenticators (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT
);

-- Codes for the day when the second factor is gone. Each is good once.
CREATE TABLE recovery_codes (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, hash)
);

-- Passkeys. `credential` is the public key with its counter, as JSON.
CREATE TABLE passkeys (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id TEXT NOT NULL,
    credential TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX passkeys_by_credential ON passkeys (credential_id);
CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at);

-- Whom a person is for a provider of single sign-on.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

-- What of a sign-in is begun and not yet finished, under the hash of a secret that goes on with it.
CREATE TABLE sign_in_steps (
    hash TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_in_steps_by_expiry ON sign_in_steps (expires_at);
CREATE INDEX sign_in_steps_by_user ON sign_in_steps (user_id);
