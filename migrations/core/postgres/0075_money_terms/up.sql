-- How a person is charged stands in the person's profile alone. What was set here overrode the profile, and goes there: of fields that are
-- there twice the last counts.
UPDATE users SET profile = profile
    || CASE WHEN profile = '' THEN '' ELSE chr(31) END
    || (SELECT 'cost=' || control || chr(31) || 'encrypt=' || CASE WHEN encrypt THEN '1' ELSE '0' END
            || CASE WHEN bill_clients AND users.profile NOT LIKE '%billing=%' THEN chr(31) || 'billing=yes' ELSE '' END
        FROM user_terms WHERE user_terms.user_id = users.id)
    WHERE id IN (SELECT user_id FROM user_terms);
DELETE FROM user_terms;
