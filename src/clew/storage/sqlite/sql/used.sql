-- name: used_take
-- The check and the count in one: no row where there is no room, or where the project is not counted yet.
UPDATE used
SET threads = threads + :threads, messages = messages + :messages, bytes = bytes + :bytes
WHERE project_id = :project_id
  AND (:threads = 0 OR :threads_max IS NULL OR threads + :threads <= :threads_max)
  AND (:messages + :runs = 0 OR :messages_max IS NULL OR messages + :messages + :runs <= :messages_max)
  AND (:bytes = 0 OR :bytes_max IS NULL OR bytes + :bytes <= :bytes_max)
RETURNING 1;

-- name: used_add
UPDATE used
SET threads = threads + :threads, messages = messages + :messages, bytes = bytes + :bytes
WHERE project_id = :project_id;

-- name: used_get
SELECT threads, messages, bytes FROM used WHERE project_id = :project_id;

-- name: used_projects
-- Crosses projects: the start of a server.
SELECT project_id FROM thread UNION SELECT project_id FROM file UNION SELECT project_id FROM upload_part;

-- name: used_count
-- Once for each project after a start: it looks at everything that the project has.
INSERT INTO used (project_id, threads, messages, bytes)
SELECT
    :project_id,
    (SELECT count(*) FROM thread WHERE project_id = :project_id),
    (SELECT count(*) FROM thread
     JOIN item ON item.key > (thread.no << 32 | 2147483648) AND item.key < ((thread.no + 1) << 32)
     WHERE thread.project_id = :project_id),
    (SELECT coalesce(sum(CAST(body AS TEXT) ->> 'size'), 0) FROM file WHERE project_id = :project_id)
        + (SELECT coalesce(sum(CAST(body AS TEXT) ->> 'size'), 0) FROM upload_part WHERE project_id = :project_id);

-- name: used_runs
SELECT count(*) FROM (
    SELECT 1 FROM run
    WHERE project_id = :project_id AND state IN ('queued', 'running', 'waiting', 'cancelling')
    LIMIT :limit
);

-- name: used_thread_gone
-- By the number of a thread that was just found for its project. Counts its messages only where the project is counted.
UPDATE used
SET threads = threads - 1,
    messages = messages - (
        SELECT count(*) FROM item WHERE key > (:thread_no << 32 | 2147483648) AND key < ((:thread_no + 1) << 32)
    )
WHERE project_id = :project_id;

-- name: used_forget
-- Crosses projects: the start of a server.
DELETE FROM used;
