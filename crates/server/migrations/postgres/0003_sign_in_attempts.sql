-- Against guessing of passwords. The same tables and columns as migrations/sqlite/0003_sign_in_attempts.sql.
-- Accounts, devices and networks are keyed hashes here (brute_force.rs): whatever was typed as a name is not kept.

-- Attempts to sign in that did not succeed, for each of those whose attempts are counted together. `times` are those of the
-- last minutes, in milliseconds, separated by spaces; `locks` is how often in a row too many were made.
CREATE TABLE sign_in_attempts (
    subject TEXT NOT NULL PRIMARY KEY,
    times TEXT NOT NULL,
    locks BIGINT NOT NULL,
    free_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (changed_at);

-- Devices and networks from which an account was signed in to.
CREATE TABLE known_clients (
    account TEXT NOT NULL,
    client TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (account, client)
);
CREATE INDEX known_clients_by_age ON known_clients (seen_at);
