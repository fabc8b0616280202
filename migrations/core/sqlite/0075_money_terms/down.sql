-- What was moved into profiles is read from there by older programs too.
SELECT 1;
