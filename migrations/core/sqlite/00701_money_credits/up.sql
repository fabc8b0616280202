-- Credits that members of groups get by schedule. Amounts are ten-thousandths of the currency unit.
CREATE TABLE credits (
    id         INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name       TEXT    NOT NULL,
    name_key   TEXT    NOT NULL,
    group_id   BIGINT  NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    enabled    BOOLEAN NOT NULL,
    account    BIGINT  NOT NULL,
    action     TEXT    NOT NULL,
    amount     BIGINT  NOT NULL,
    comment    TEXT    NOT NULL,
    -- Local time of the server, as 2026-11-21T07:00:00; the end is a day, or empty.
    starts     TEXT    NOT NULL,
    ends       TEXT    NOT NULL,
    frequency  TEXT    NOT NULL,
    -- Moments up to this one are done, or were never due.
    done_us    BIGINT  NOT NULL,
    created_us BIGINT  NOT NULL
);
CREATE UNIQUE INDEX credits_name ON credits (name_key);
-- What became of each moment.
CREATE TABLE credit_runs (
    credit_id BIGINT NOT NULL REFERENCES credits (id) ON DELETE CASCADE,
    due_us    BIGINT NOT NULL,
    ended_us  BIGINT NOT NULL,
    given     BIGINT NOT NULL,
    refused   BIGINT NOT NULL,
    PRIMARY KEY (credit_id, due_us)
);
