-- What there was at each scheduled integrity check. A row is made when one begins, so that it begins once only.
CREATE TABLE statistics (
    id        INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at_us     BIGINT NOT NULL,
    ended_us  BIGINT,
    documents BIGINT NOT NULL,
    bytes     BIGINT NOT NULL,
    people    BIGINT NOT NULL,
    cards     BIGINT NOT NULL,
    devices   BIGINT NOT NULL,
    queues    BIGINT NOT NULL,
    findings  BIGINT NOT NULL,
    deleted   BIGINT NOT NULL
);
CREATE INDEX statistics_at ON statistics (at_us);
