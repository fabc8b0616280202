-- One row per person: both accounts, as the journal says.
CREATE TABLE purses (
    holder       TEXT   PRIMARY KEY NOT NULL,
    balance_one  BIGINT NOT NULL,
    balance_two  BIGINT NOT NULL,
    reserved_one BIGINT NOT NULL,
    reserved_two BIGINT NOT NULL,
    low_limit    BIGINT NOT NULL,
    opened_us    BIGINT NOT NULL
);
-- One row per movement, by the id its caller made.
CREATE TABLE transfers (
    id         TEXT   PRIMARY KEY NOT NULL,
    holder     TEXT   NOT NULL,
    kind       BIGINT NOT NULL,
    account    BIGINT NOT NULL,
    amount     BIGINT NOT NULL,
    policy     BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    author     TEXT   NOT NULL,
    gid        TEXT   NOT NULL,
    comment    TEXT   NOT NULL,
    state      BIGINT NOT NULL,
    split_one  BIGINT NOT NULL,
    split_two  BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    ended_us   BIGINT NOT NULL
);
CREATE INDEX transfers_by_holder ON transfers (holder, created_us, id);
CREATE INDEX transfers_pending ON transfers (holder) WHERE state = 1;
CREATE INDEX transfers_due ON transfers (expires_us) WHERE state = 1 AND expires_us > 0;
-- The journal: what happened, in order, each line with the hash of all before it.
CREATE TABLE entries (
    sequence     BIGINT PRIMARY KEY NOT NULL,
    transfer     TEXT   NOT NULL,
    holder       TEXT   NOT NULL,
    event        BIGINT NOT NULL,
    balance_one  BIGINT NOT NULL,
    balance_two  BIGINT NOT NULL,
    reserved_one BIGINT NOT NULL,
    reserved_two BIGINT NOT NULL,
    low_limit    BIGINT NOT NULL,
    counter      BIGINT NOT NULL,
    after_one    BIGINT NOT NULL,
    after_two    BIGINT NOT NULL,
    at_us        BIGINT NOT NULL,
    hash         BLOB   NOT NULL
);
CREATE INDEX entries_by_holder ON entries (holder, sequence);
-- The house's side: with the purses it sums up to zero.
CREATE TABLE counters (
    counter BIGINT PRIMARY KEY NOT NULL,
    balance BIGINT NOT NULL
);
INSERT INTO counters (counter, balance) VALUES (1, 0), (2, 0), (3, 0), (4, 0);
-- The last line of the journal, so that a line cut off at its end is missed.
CREATE TABLE head (
    id       BIGINT PRIMARY KEY NOT NULL,
    sequence BIGINT NOT NULL,
    hash     BLOB   NOT NULL
);
INSERT INTO head (id, sequence, hash) VALUES (1, 0, zeroblob(32));
