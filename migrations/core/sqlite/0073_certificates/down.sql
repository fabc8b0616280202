DROP INDEX users_email;
DROP TABLE certificates;
