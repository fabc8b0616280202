DROP TABLE walkups;
