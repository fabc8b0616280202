-- What cashiers moved, by date: the cash flow report.
CREATE INDEX transfers_cash ON transfers (created_us, id) WHERE kind IN (2, 3, 4);
