-- Where the journal begins after a clean-up: what all lines before it came to. Its hash is what the first line that is left builds on.
CREATE TABLE checkpoint (
    id         BIGINT PRIMARY KEY NOT NULL,
    sequence   BIGINT NOT NULL,
    hash       BYTEA NOT NULL,
    content    TEXT   NOT NULL,
    cleaned_us BIGINT NOT NULL
);
