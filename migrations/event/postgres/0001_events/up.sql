-- What administrators should know of; severity is 1 (worst) to 6 (audit). Ids are never given twice.
CREATE TABLE events (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_us    BIGINT NOT NULL,
    severity BIGINT NOT NULL,
    code     TEXT   NOT NULL,
    source   TEXT   NOT NULL,
    user_logon TEXT NOT NULL,
    object   TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    text     TEXT   NOT NULL
);
CREATE INDEX events_by_time ON events (at_us, id);
CREATE INDEX events_by_user ON events (user_logon, at_us, id);
