DROP TABLE credit_runs;
DROP TABLE credits;
