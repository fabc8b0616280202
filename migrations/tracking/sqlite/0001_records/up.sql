-- Columns are what records are searched and summed by; everything else the guide's format names is JSON in detail.
CREATE TABLE records (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    tracking_id  TEXT    NOT NULL UNIQUE,
    start_us     BIGINT  NOT NULL,
    stop_us      BIGINT  NOT NULL,
    interrupted  BOOLEAN NOT NULL,
    job_type     BIGINT  NOT NULL,
    job_name     TEXT    NOT NULL,
    job_size     BIGINT  NOT NULL,
    user_logon   TEXT    NOT NULL,
    user_domain  TEXT    NOT NULL,
    cost_code    TEXT    NOT NULL,
    device_name  TEXT    NOT NULL,
    billing_code TEXT    NOT NULL,
    pages        BIGINT  NOT NULL,
    color_pages  BIGINT  NOT NULL,
    sheets       BIGINT  NOT NULL,
    price        BIGINT  NOT NULL,
    price2       BIGINT  NOT NULL,
    is_duplex    BOOLEAN NOT NULL,
    is_color     BOOLEAN NOT NULL,
    count_status BIGINT  NOT NULL,
    export_label TEXT    NOT NULL,
    detail       TEXT    NOT NULL
);
CREATE INDEX records_by_stop ON records (stop_us, sequence);
CREATE INDEX records_by_user ON records (user_logon, stop_us, sequence);
