DROP TABLE head;
DROP TABLE counters;
DROP TABLE entries;
DROP TABLE transfers;
DROP TABLE purses;
