-- Copies, faxes, scans and e-mails that people make at devices. A device may report the end of one after its connection, this
-- server or the device itself was gone; a row stays for a while after its end, so that a repeated report changes nothing.
-- No foreign keys: what was made is paid, whoever is deleted meanwhile. Amounts are ten-thousandths of the currency unit.
CREATE TABLE walkups (
    id          TEXT    NOT NULL PRIMARY KEY,
    device_id   BIGINT  NOT NULL,
    -- The device's own id of it.
    session     TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    color       BOOLEAN NOT NULL,
    user_id     BIGINT  NOT NULL,
    -- What the person was treated as: none, tracking, pay.
    cost        TEXT    NOT NULL,
    -- The reservation of a Pay user; empty for none.
    reservation TEXT    NOT NULL,
    -- Its tracking record as far as it is known; empty when it is not tracked.
    record      BYTEA   NOT NULL,
    -- Counts: paper, sheets, sides without and with colour; parts by semicolons.
    parts       TEXT    NOT NULL,
    price       BIGINT  NOT NULL,
    price_two   BIGINT  NOT NULL,
    started_us  BIGINT  NOT NULL,
    -- When the device last said something of it.
    heard_us    BIGINT  NOT NULL,
    ended_us    BIGINT
);
CREATE UNIQUE INDEX walkups_session ON walkups (device_id, session);
CREATE INDEX walkups_ended ON walkups (ended_us);
