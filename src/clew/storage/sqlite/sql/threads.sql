-- name: thread_insert
INSERT INTO thread (project_id, id, created_at, expires_at, body)
VALUES (:project_id, :id, :created_at, :expires_at, :body)
ON CONFLICT (project_id, id) DO NOTHING;

-- name: thread_tail_insert
INSERT INTO thread_tail (thread_no, last_seq, last_active_at) VALUES (:thread_no, 0, :last_active_at);

-- name: thread_metadata_insert
INSERT OR IGNORE INTO thread_metadata (project_id, name, value, created_at, thread_no)
VALUES (:project_id, :name, :value, :created_at, :thread_no);

-- name: thread_metadata_delete
DELETE FROM thread_metadata
WHERE project_id = :project_id AND name = :name AND value = :value
  AND created_at = :created_at AND thread_no = :thread_no;

-- name: thread_metadata_known
SELECT count(*) FROM (
    SELECT 1 FROM thread_metadata
    WHERE project_id = :project_id AND name = :name AND value = :value LIMIT :limit
);

-- name: thread_get
-- Readers stop seeing an expired thread at once; the sweep removes its rows later.
SELECT thread.body, thread.expires_at, tail.last_active_at
FROM thread
JOIN thread_tail AS tail ON tail.thread_no = thread.no
WHERE thread.project_id = :project_id AND thread.id = :id
  AND (thread.expires_at IS NULL OR thread.expires_at > :now);

-- name: thread_enter
SELECT thread.body, thread.expires_at, tail.last_active_at, thread.no, tail.last_seq, (
    SELECT run.id FROM run
    WHERE run.thread_no = thread.no AND run.state IN ('queued', 'running', 'waiting', 'cancelling')
    ORDER BY run.no LIMIT 1
)
FROM thread
JOIN thread_tail AS tail ON tail.thread_no = thread.no
WHERE thread.project_id = :project_id AND thread.id = :id
  AND (thread.expires_at IS NULL OR thread.expires_at > :now);

-- name: thread_place
SELECT no, created_at FROM thread WHERE project_id = :project_id AND id = :id;

-- name: thread_old
SELECT no, created_at, body FROM thread WHERE project_id = :project_id AND id = :id;

-- name: thread_update
UPDATE thread SET expires_at = :expires_at, body = :body WHERE project_id = :project_id AND id = :id;

-- name: thread_touch
UPDATE thread_tail SET last_active_at = max(last_active_at, :now)
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :id);

-- name: thread_end
UPDATE thread SET expires_at = :expires_at WHERE project_id = :project_id AND id = :id;

-- name: thread_delete
DELETE FROM thread WHERE project_id = :project_id AND id = :id;

-- name: thread_gone_insert
INSERT INTO thread_gone (thread_no) VALUES (:thread_no);

-- name: thread_runs_gone
-- By the number of a thread that was just found for its project.
UPDATE run SET state = 'gone', lease_owner = NULL, lease_until = NULL, expires_at = NULL
WHERE thread_no = :thread_no AND state IN ('queued', 'running', 'waiting', 'cancelling');

-- name: thread_page_asc
SELECT thread.body, thread.expires_at, tail.last_active_at
FROM thread
JOIN thread_tail AS tail ON tail.thread_no = thread.no
WHERE thread.project_id = :project_id
  AND (thread.created_at, thread.no) > (:low_at, :low_no)
  AND (thread.created_at, thread.no) < (:high_at, :high_no)
  AND (thread.expires_at IS NULL OR thread.expires_at > :now)
ORDER BY thread.created_at, thread.no
LIMIT :limit;

-- name: thread_page_desc
SELECT thread.body, thread.expires_at, tail.last_active_at
FROM thread
JOIN thread_tail AS tail ON tail.thread_no = thread.no
WHERE thread.project_id = :project_id
  AND (thread.created_at, thread.no) > (:low_at, :low_no)
  AND (thread.created_at, thread.no) < (:high_at, :high_no)
  AND (thread.expires_at IS NULL OR thread.expires_at > :now)
ORDER BY thread.created_at DESC, thread.no DESC
LIMIT :limit;

-- name: thread_found_asc
-- One pair of the filter leads; the others are looked up for each row it gives.
SELECT thread.body, thread.expires_at, tail.last_active_at
FROM thread_metadata AS lead
JOIN thread ON thread.no = lead.thread_no
JOIN thread_tail AS tail ON tail.thread_no = thread.no
WHERE lead.project_id = :project_id AND lead.name = :name AND lead.value = :value
  AND (lead.created_at, lead.thread_no) > (:low_at, :low_no)
  AND (lead.created_at, lead.thread_no) < (:high_at, :high_no)
  AND (thread.expires_at IS NULL OR thread.expires_at > :now)
  AND NOT EXISTS (
      SELECT 1 FROM json_each(:others) AS other
      WHERE NOT EXISTS (
          SELECT 1 FROM thread_metadata AS also
          WHERE also.project_id = :project_id AND also.name = other.key AND also.value = other.value
            AND also.created_at = lead.created_at AND also.thread_no = lead.thread_no
      )
  )
ORDER BY lead.created_at, lead.thread_no
LIMIT :limit;

-- name: thread_found_desc
SELECT thread.body, thread.expires_at, tail.last_active_at
FROM thread_metadata AS lead
JOIN thread ON thread.no = lead.thread_no
JOIN thread_tail AS tail ON tail.thread_no = thread.no
WHERE lead.project_id = :project_id AND lead.name = :name AND lead.value = :value
  AND (lead.created_at, lead.thread_no) > (:low_at, :low_no)
  AND (lead.created_at, lead.thread_no) < (:high_at, :high_no)
  AND (thread.expires_at IS NULL OR thread.expires_at > :now)
  AND NOT EXISTS (
      SELECT 1 FROM json_each(:others) AS other
      WHERE NOT EXISTS (
          SELECT 1 FROM thread_metadata AS also
          WHERE also.project_id = :project_id AND also.name = other.key AND also.value = other.value
            AND also.created_at = lead.created_at AND also.thread_no = lead.thread_no
      )
  )
ORDER BY lead.created_at DESC, lead.thread_no DESC
LIMIT :limit;

-- name: thread_expired
-- Crosses projects: the sweep.
SELECT project_id, id FROM thread WHERE expires_at IS NOT NULL AND expires_at <= :now
ORDER BY expires_at LIMIT :limit;

-- name: thread_gone_next
-- Crosses projects: the sweep.
SELECT thread_no FROM thread_gone LIMIT 1;

-- name: thread_gone_items
-- Crosses projects: the sweep.
DELETE FROM item WHERE key IN (
    SELECT key FROM item WHERE key > :thread_no << 32 AND key < (:thread_no + 1) << 32 LIMIT :limit
);

-- name: thread_gone_run
-- Crosses projects: the sweep.
SELECT no FROM run WHERE thread_no = :thread_no LIMIT 1;

-- name: thread_gone_events
-- Crosses projects: the sweep.
DELETE FROM event WHERE run_no = :run_no AND number IN (SELECT number FROM event WHERE run_no = :run_no LIMIT :limit);

-- name: thread_gone_run_delete
-- Crosses projects: the sweep.
DELETE FROM run WHERE no = :run_no;

-- name: thread_gone_tail
-- Crosses projects: the sweep.
DELETE FROM thread_tail WHERE thread_no = :thread_no;

-- name: thread_gone_delete
-- Crosses projects: the sweep.
DELETE FROM thread_gone WHERE thread_no = :thread_no;
