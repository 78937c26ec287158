-- name: item_thread
-- The number of a thread that readers see. Whoever has it has named the project: the statements below go on from it.
SELECT no FROM thread
WHERE project_id = :project_id AND id = :thread_id AND (expires_at IS NULL OR expires_at > :now);

-- name: item_thread_ever
-- The same for writers, who have seen the thread already.
SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id;

-- name: item_places
-- Takes the next :count places at the end of the log.
UPDATE thread_tail
SET last_seq = last_seq + :count, last_active_at = max(last_active_at, :at)
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
RETURNING thread_no, last_seq;

-- name: item_places_taken
-- The same for a writer who knows where the log ends. By the number of a thread that was just found for its project.
UPDATE thread_tail SET last_seq = :last_seq, last_active_at = max(last_active_at, :at) WHERE thread_no = :thread_no;

-- name: item_insert
INSERT INTO item (key, thread_no, id, kind, run_id, named, body)
VALUES (:key, :thread_no, :id, :kind, :run_id, :named, :body);

-- name: item_at
-- By the place that the id says: among the messages or among the rest. By the number of a thread, which is in the key.
SELECT key, kind, body FROM item WHERE key IN (:key, :message_key) AND id = :id;

-- name: item_named
-- By the number of a thread.
SELECT key, kind, body FROM item WHERE thread_no = :thread_no AND id = :id AND named = 1;

-- name: item_lately
-- By the number of a thread. Bodies are let be until one is found.
SELECT key, body FROM item WHERE key = (
    SELECT key FROM (SELECT key, id FROM item WHERE key > :low AND key < :high ORDER BY key DESC LIMIT :limit)
    WHERE substr(id, -length(:ending)) = :ending LIMIT 1
);

-- name: item_update
-- By the number of a thread.
UPDATE item SET body = :body WHERE key = :key;

-- name: item_rewrite
-- By the number of a thread.
UPDATE item SET key = :key, kind = :kind, body = :body WHERE key = :old_key;

-- name: item_delete
-- By the number of a thread.
DELETE FROM item WHERE key = :key;

-- name: item_span_asc
-- By the number of a thread.
SELECT key, body FROM item WHERE key > :low AND key < :high ORDER BY key LIMIT :limit;

-- name: item_span_desc
-- By the number of a thread.
SELECT key, body FROM item WHERE key > :low AND key < :high ORDER BY key DESC LIMIT :limit;

-- name: item_kind_asc
-- Of all but messages, one kind: walks that part of the log. By the number of a thread.
SELECT key, body FROM item WHERE key > :low AND key < :high AND kind = :kind ORDER BY key LIMIT :limit;

-- name: item_kind_desc
-- By the number of a thread.
SELECT key, body FROM item WHERE key > :low AND key < :high AND kind = :kind ORDER BY key DESC LIMIT :limit;

-- name: item_run_asc
-- Of one run: a run's items are few, so the kind is looked at row by row. By the number of a thread.
SELECT key, body FROM item
WHERE thread_no = :thread_no AND run_id = :run_id AND kind = :kind AND key > :low AND key < :high
ORDER BY key LIMIT :limit;

-- name: item_run_desc
-- By the number of a thread.
SELECT key, body FROM item
WHERE thread_no = :thread_no AND run_id = :run_id AND kind = :kind AND key > :low AND key < :high
ORDER BY key DESC LIMIT :limit;

-- name: item_every
-- The whole log. By the number of a thread.
SELECT key, body FROM item WHERE key > :low AND key < :high ORDER BY key;

-- name: item_before
-- By the number of a thread.
SELECT key, body FROM item
WHERE key > :low AND key < :high AND kind IN (SELECT value FROM json_each(:kinds))
ORDER BY key DESC LIMIT :limit;

-- name: item_of_run
-- By the number of a thread.
SELECT key, body FROM item WHERE thread_no = :thread_no AND run_id = :run_id;
