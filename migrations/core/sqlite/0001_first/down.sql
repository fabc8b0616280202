DROP TABLE outbox;
DROP TABLE jobs;
DROP TABLE queues;
DROP TABLE devices;
DROP TABLE cards;
DROP TABLE users;
DROP TABLE settings;
