-- Where the owner's logon stands in the data of a queue's documents; empty for none.
ALTER TABLE queues ADD COLUMN logon_rule TEXT NOT NULL DEFAULT '';
