DROP TABLE collected;
