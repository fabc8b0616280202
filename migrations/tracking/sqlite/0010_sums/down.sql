DROP INDEX records_by_price;
DROP INDEX records_by_pages;
DROP INDEX records_by_device;
ALTER TABLE records DROP COLUMN deleted_by;
DROP TABLE sums;
DROP TABLE subjects;
