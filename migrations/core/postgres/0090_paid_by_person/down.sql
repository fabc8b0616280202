DROP TABLE job_payments;
