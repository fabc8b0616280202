-- How far a primary server has collected this store.
CREATE TABLE collected (
    name     TEXT   NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL
);
