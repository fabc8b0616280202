ALTER TABLE queues DROP COLUMN logon_rule;
