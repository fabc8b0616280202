-- Refused logins of nobody we know are counted in a row of their own: the answer to a card or logon that is not known
-- then costs the same transaction, with the same flush, as the answer to one that is.
CREATE TABLE strangers (id BIGINT PRIMARY KEY, failed_logins BIGINT NOT NULL);
INSERT INTO strangers (id, failed_logins) VALUES (1, 0);
