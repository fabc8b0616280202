-- Ids of records that were deleted: one of them that is delivered once more is not stored again.
CREATE TABLE buried (
    tracking_id TEXT   NOT NULL PRIMARY KEY,
    buried_us   BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX buried_by_time ON buried (buried_us);
