-- Whether the printer's state is asked by SNMP before a document is sent.
ALTER TABLE push_queues ADD COLUMN snmp_status BOOLEAN NOT NULL DEFAULT FALSE;
