-- Mail that is on its way. The same table and columns as migrations/sqlite/0011_mails.sql. `letter` is sealed with the master
-- key (vault.rs): there are links in letters that let in whoever has them. A row goes as soon as its letter is sent.
CREATE TABLE outgoing_mails (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    letter TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX outgoing_mails_by_user ON outgoing_mails (user_id);
CREATE INDEX outgoing_mails_by_age ON outgoing_mails (created_at);
