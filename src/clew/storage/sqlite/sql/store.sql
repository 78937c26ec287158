-- name: store_id
-- Crosses projects: the store itself is asked.
SELECT id FROM store WHERE one = 1;

-- name: store_secret
-- Crosses projects: the store itself is asked.
SELECT secret FROM store WHERE one = 1;
