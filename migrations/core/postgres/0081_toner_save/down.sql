ALTER TABLE queues DROP COLUMN toner_save;
