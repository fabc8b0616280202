-- Tokens in addresses of queues: who holds one prints as its person. Only a keyed hash is stored.
CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    queue_id   BIGINT NOT NULL REFERENCES queues (id) ON DELETE CASCADE,
    hash       BLOB   NOT NULL UNIQUE,
    created_us BIGINT NOT NULL,
    ends_us    BIGINT
);
CREATE INDEX tokens_by_user ON tokens (user_id);
