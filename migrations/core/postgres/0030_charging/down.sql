DROP TABLE job_paid;
DROP TABLE charges;
DROP TABLE user_terms;
DROP TABLE device_terms;
DROP TABLE scheme_prices;
DROP TABLE schemes;
