-- name: store_id
-- Crosses projects: the store itself is asked.
SELECT id FROM store WHERE one = 1;
