DROP TABLE push_queues;
