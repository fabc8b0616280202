-- Whether documents of a queue are printed with less toner.
ALTER TABLE queues ADD COLUMN toner_save BOOLEAN NOT NULL DEFAULT FALSE;
