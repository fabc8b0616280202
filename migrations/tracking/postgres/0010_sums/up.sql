-- Who or what records are summed by: people, devices, billing codes, as the newest record described them.
CREATE TABLE subjects (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- 1 person, 2 device, 3 billing code.
    kind      BIGINT NOT NULL,
    -- Logon and domain parted by U+001F; name of the device; billing code.
    name      TEXT   NOT NULL,
    newest_us BIGINT NOT NULL,
    -- JSON, see storage::tracking::subject.
    detail    TEXT   NOT NULL,
    UNIQUE (kind, name)
);

-- What records add up to, changed by the transaction that adds or deletes them.
CREATE TABLE sums (
    -- 0 by kind of job, 1 person, 2 device, 3 billing code, 4 documents that were deleted unprinted.
    kind        BIGINT NOT NULL,
    -- A block is 2 to the power of level hours long; block numbers count from the epoch.
    level       BIGINT NOT NULL,
    block       BIGINT NOT NULL,
    -- Id in subjects; of kind 0 the kind of job, of kind 4 who deleted.
    subject     BIGINT NOT NULL,
    interrupted BIGINT NOT NULL,
    jobs        BIGINT NOT NULL,
    size        BIGINT NOT NULL,
    pages       BIGINT NOT NULL,
    color_pages BIGINT NOT NULL,
    sheets      BIGINT NOT NULL,
    copy_pages  BIGINT NOT NULL,
    send_pages  BIGINT NOT NULL,
    duplex_jobs BIGINT NOT NULL,
    color_jobs  BIGINT NOT NULL,
    price       BIGINT NOT NULL,
    price2      BIGINT NOT NULL,
    PRIMARY KEY (kind, level, block, subject, interrupted)
);

-- Who deleted the document unprinted: 1 its owner, 2 the system or an administrator; 0 for what was printed.
ALTER TABLE records ADD COLUMN deleted_by BIGINT NOT NULL DEFAULT 0;
-- A list in any of its orders is read from an index, from any place on.
CREATE INDEX records_by_device ON records (device_name, stop_us, sequence);
CREATE INDEX records_by_pages ON records (pages, stop_us, sequence);
CREATE INDEX records_by_price ON records (price, stop_us, sequence);
