DROP TABLE job_agreements;
ALTER TABLE push_queues DROP COLUMN confirm_price;
