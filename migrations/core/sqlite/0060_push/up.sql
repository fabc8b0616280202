-- What a push queue does with its documents; a queue without a row is not one, or does nothing yet.
CREATE TABLE push_queues (
    queue_id    BIGINT NOT NULL PRIMARY KEY REFERENCES queues (id) ON DELETE CASCADE,
    -- Name of the device it prints on, and is tracked under; empty for none.
    device      TEXT NOT NULL,
    -- Name of the queue whose device prints instead; empty for none.
    forward     TEXT NOT NULL,
    -- inherit, print or hold.
    when_away   TEXT NOT NULL,
    -- Put in the place of the person's in tracking records; empty for not.
    cost_code   TEXT NOT NULL,
    -- Put in the place of the driver's in tracking records; empty for not.
    driver_name TEXT NOT NULL
);
