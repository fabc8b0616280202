ALTER TABLE push_queues DROP COLUMN snmp_status;
