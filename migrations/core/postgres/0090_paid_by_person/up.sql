-- What was charged for pages of a document that did not come out whole, by the person who paid: another member of a group who
-- collects the document pays all of it. What job_paid has was paid by somebody who is not known; it counts as the owner's.
CREATE TABLE job_payments (
    job_id BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    amount_two BIGINT NOT NULL,
    PRIMARY KEY (job_id, user_id)
);
INSERT INTO job_payments (job_id, user_id, pages, amount, amount_two)
    SELECT jobs.id, jobs.owner_id, job_paid.pages, job_paid.amount, job_paid.amount_two
    FROM job_paid JOIN jobs ON jobs.id = job_paid.job_id;
