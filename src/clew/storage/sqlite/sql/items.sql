-- name: item_places
-- Takes the next :count places at the end of the log.
UPDATE thread_tail
SET last_seq = last_seq + :count, last_active_at = max(last_active_at, :at)
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
RETURNING thread_no, last_seq;

-- name: item_insert
INSERT INTO item (key, thread_no, id, kind, run_id, body)
VALUES (:thread_no << 32 | :seq, :thread_no, :id, :kind, :run_id, :body);

-- name: item_get
SELECT key, body FROM item
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) AND id = :id;

-- name: item_update
UPDATE item SET body = :body
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) AND id = :id;

-- name: item_delete
DELETE FROM item
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) AND id = :id
RETURNING kind;

-- name: item_place
SELECT key FROM item
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
  AND id = :id AND kind = :kind;

-- name: item_messages_asc
SELECT key, body FROM item
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
  AND kind = 'message' AND key > :low AND key < :high
ORDER BY key LIMIT :limit;

-- name: item_messages_desc
SELECT key, body FROM item
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
  AND kind = 'message' AND key > :low AND key < :high
ORDER BY key DESC LIMIT :limit;

-- name: item_kind_asc
-- Of one run: a run's items are few, so the kind is looked at row by row.
SELECT key, body FROM item
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
  AND run_id = :run_id AND kind = :kind AND key > :low AND key < :high
ORDER BY key LIMIT :limit;

-- name: item_kind_desc
SELECT key, body FROM item
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
  AND run_id = :run_id AND kind = :kind AND key > :low AND key < :high
ORDER BY key DESC LIMIT :limit;

-- name: item_log_asc
-- Every kind but messages, without a run to narrow it: walks the log itself.
SELECT key, body FROM item
WHERE key > max(:low, (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) << 32)
  AND key < min(:high, ((SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) + 1) << 32)
  AND kind = :kind
ORDER BY key LIMIT :limit;

-- name: item_log_desc
SELECT key, body FROM item
WHERE key > max(:low, (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) << 32)
  AND key < min(:high, ((SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) + 1) << 32)
  AND kind = :kind
ORDER BY key DESC LIMIT :limit;

-- name: item_before
SELECT key, body FROM item
WHERE key > (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) << 32
  AND key < (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) << 32 | :seq
  AND kind IN (SELECT value FROM json_each(:kinds))
ORDER BY key DESC LIMIT :limit;

-- name: item_of_run
SELECT key, body FROM item
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) AND run_id = :run_id
ORDER BY key;
