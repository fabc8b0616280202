-- Mails on their way. The key makes one mail of one event; text is sealed, because a PUK may be in it, and goes when the mail
-- has gone.
CREATE TABLE mails (
    id          INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    key         TEXT   NOT NULL UNIQUE,
    kind        TEXT   NOT NULL,
    recipient   TEXT   NOT NULL,
    sealed      BLOB   NOT NULL,
    state       TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    error       TEXT   NOT NULL,
    created_us  BIGINT NOT NULL,
    next_us     BIGINT NOT NULL,
    ended_us    BIGINT
);
CREATE INDEX mails_due ON mails (state, next_us, id);
