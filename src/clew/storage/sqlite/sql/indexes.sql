-- name: index_insert
INSERT INTO file_index (project_id, id, created_at, expires_at, body)
VALUES (:project_id, :id, :created_at, :expires_at, :body)
ON CONFLICT (project_id, id) DO NOTHING;

-- name: index_get
-- Without a time also one that has expired.
SELECT in_progress, completed, failed, cancelled, size, body FROM file_index
WHERE project_id = :project_id AND id = :id AND (:now IS NULL OR expires_at IS NULL OR expires_at > :now);

-- name: index_update
UPDATE file_index SET expires_at = :expires_at, body = :body WHERE project_id = :project_id AND id = :id;

-- name: index_files_delete
DELETE FROM index_file WHERE index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :id);

-- name: index_delete
DELETE FROM file_index WHERE project_id = :project_id AND id = :id RETURNING 1;

-- name: index_place
SELECT no, created_at FROM file_index WHERE project_id = :project_id AND id = :id;

-- name: index_page_asc
SELECT in_progress, completed, failed, cancelled, size, body FROM file_index
WHERE project_id = :project_id AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (:now IS NULL OR expires_at IS NULL OR expires_at > :now)
ORDER BY created_at, no LIMIT :limit;

-- name: index_page_desc
SELECT in_progress, completed, failed, cancelled, size, body FROM file_index
WHERE project_id = :project_id AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (:now IS NULL OR expires_at IS NULL OR expires_at > :now)
ORDER BY created_at DESC, no DESC LIMIT :limit;

-- name: index_count
-- By the number of an index that was just found for its project.
UPDATE file_index
SET in_progress = in_progress + :in_progress, completed = completed + :completed,
    failed = failed + :failed, cancelled = cancelled + :cancelled, size = size + :size
WHERE no = :index_no;

-- name: index_file_old
SELECT state, size FROM index_file
WHERE project_id = :project_id AND file_id = :file_id
  AND index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id);

-- name: index_file_put
INSERT INTO index_file (index_no, file_id, project_id, created_at, state, batch_id, size, body)
SELECT no, :file_id, :project_id, :created_at, :state, :batch_id, :size, :body
FROM file_index WHERE project_id = :project_id AND id = :index_id
ON CONFLICT (index_no, file_id) DO UPDATE
SET state = excluded.state, batch_id = excluded.batch_id, size = excluded.size, body = excluded.body;

-- name: index_file_get
SELECT body FROM index_file
WHERE project_id = :project_id AND file_id = :file_id
  AND index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id);

-- name: index_file_drop
DELETE FROM index_file
WHERE project_id = :project_id AND file_id = :file_id
  AND index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id)
RETURNING state, size;

-- name: index_file_place
SELECT no, created_at FROM index_file
WHERE project_id = :project_id AND file_id = :file_id
  AND index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id);

-- name: index_file_page_asc
SELECT body FROM index_file
WHERE index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id)
  AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
ORDER BY created_at, no LIMIT :limit;

-- name: index_file_page_desc
SELECT body FROM index_file
WHERE index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id)
  AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
ORDER BY created_at DESC, no DESC LIMIT :limit;

-- name: index_file_state_asc
-- The index is named, here and below, because the planner, which has no statistics, would walk every file of the index.
SELECT body FROM index_file INDEXED BY index_file_by_state
WHERE index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id) AND state = :state
  AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
ORDER BY created_at, no LIMIT :limit;

-- name: index_file_state_desc
SELECT body FROM index_file INDEXED BY index_file_by_state
WHERE index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id) AND state = :state
  AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
ORDER BY created_at DESC, no DESC LIMIT :limit;

-- name: index_file_batch_asc
-- A batch is at most 2,000 files, so the state is looked at row by row.
SELECT body FROM index_file INDEXED BY index_file_by_batch
WHERE index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id)
  AND batch_id = :batch_id AND (:state IS NULL OR state = :state)
  AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
ORDER BY created_at, no LIMIT :limit;

-- name: index_file_batch_desc
SELECT body FROM index_file INDEXED BY index_file_by_batch
WHERE index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id)
  AND batch_id = :batch_id AND (:state IS NULL OR state = :state)
  AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
ORDER BY created_at DESC, no DESC LIMIT :limit;

-- name: batch_insert
INSERT INTO batch (project_id, index_id, id, body) VALUES (:project_id, :index_id, :id, :body);

-- name: batch_get
SELECT body FROM batch WHERE project_id = :project_id AND index_id = :index_id AND id = :id;

-- name: batch_update
UPDATE batch SET body = :body WHERE project_id = :project_id AND index_id = :index_id AND id = :id;

-- name: batch_counts
SELECT state, count(*) FROM index_file INDEXED BY index_file_by_batch
WHERE index_no = (SELECT no FROM file_index WHERE project_id = :project_id AND id = :index_id)
  AND batch_id = :batch_id
GROUP BY state;

-- name: batches_delete
DELETE FROM batch WHERE project_id = :project_id AND index_id = :id;
