-- Documents of a push queue wait until somebody agrees to their price.
ALTER TABLE push_queues ADD COLUMN confirm_price BOOLEAN NOT NULL DEFAULT FALSE;

-- The price that was agreed to, in ten-thousandths of the currency unit.
CREATE TABLE job_agreements (
    job_id BIGINT NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    price BIGINT NOT NULL,
    agreed_us BIGINT NOT NULL
);
