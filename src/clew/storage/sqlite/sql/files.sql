-- name: file_insert
INSERT INTO file (project_id, id, created_at, purpose, expires_at, blob, body)
VALUES (:project_id, :id, :created_at, :purpose, :expires_at, :blob, :body)
ON CONFLICT (project_id, id) DO NOTHING;

-- name: file_get
SELECT body FROM file
WHERE project_id = :project_id AND id = :id AND (expires_at IS NULL OR expires_at > :now);

-- name: file_update
UPDATE file SET purpose = :purpose, expires_at = :expires_at, blob = :blob, body = :body
WHERE project_id = :project_id AND id = :id;

-- name: file_delete
DELETE FROM file WHERE project_id = :project_id AND id = :id RETURNING CAST(body AS TEXT) ->> 'size';

-- name: file_places
SELECT index_no, state, size FROM index_file WHERE project_id = :project_id AND file_id = :file_id;

-- name: file_places_delete
DELETE FROM index_file WHERE project_id = :project_id AND file_id = :file_id;

-- name: file_place
SELECT no, created_at FROM file WHERE project_id = :project_id AND id = :id;

-- name: file_page_asc
SELECT body FROM file
WHERE project_id = :project_id AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (expires_at IS NULL OR expires_at > :now)
ORDER BY created_at, no LIMIT :limit;

-- name: file_page_desc
SELECT body FROM file
WHERE project_id = :project_id AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (expires_at IS NULL OR expires_at > :now)
ORDER BY created_at DESC, no DESC LIMIT :limit;

-- name: file_purpose_asc
-- The index is named because the planner, which has no statistics, would walk the files of every purpose.
SELECT body FROM file INDEXED BY file_by_purpose
WHERE project_id = :project_id AND purpose = :purpose
  AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (expires_at IS NULL OR expires_at > :now)
ORDER BY created_at, no LIMIT :limit;

-- name: file_purpose_desc
SELECT body FROM file INDEXED BY file_by_purpose
WHERE project_id = :project_id AND purpose = :purpose
  AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (expires_at IS NULL OR expires_at > :now)
ORDER BY created_at DESC, no DESC LIMIT :limit;

-- name: file_expired
-- Crosses projects: the sweep.
SELECT project_id, id FROM file WHERE expires_at IS NOT NULL AND expires_at <= :now ORDER BY expires_at LIMIT :limit;

-- name: upload_insert
INSERT INTO upload (project_id, id, state, expires_at, body) VALUES (:project_id, :id, :state, :expires_at, :body);

-- name: upload_get
SELECT body FROM upload WHERE project_id = :project_id AND id = :id;

-- name: upload_update
UPDATE upload SET state = :state, body = :body WHERE project_id = :project_id AND id = :id;

-- name: part_insert
INSERT INTO upload_part (project_id, upload_id, id, blob, ends_at, body)
SELECT :project_id, :upload_id, :id, :blob, expires_at, :body
FROM upload WHERE project_id = :project_id AND id = :upload_id;

-- name: part_all
SELECT body FROM upload_part WHERE project_id = :project_id AND upload_id = :upload_id ORDER BY no;

-- name: part_drop
DELETE FROM upload_part WHERE project_id = :project_id AND upload_id = :upload_id
RETURNING CAST(body AS TEXT) ->> 'size';

-- name: part_ended
-- Crosses projects: the sweep.
DELETE FROM upload_part WHERE no IN (SELECT no FROM upload_part WHERE ends_at <= :now LIMIT :limit)
RETURNING project_id, CAST(body AS TEXT) ->> 'size';

-- name: upload_ended
-- Crosses projects: the sweep.
DELETE FROM upload WHERE (project_id, id) IN (
    SELECT project_id, id FROM upload WHERE expires_at <= :before LIMIT :limit
) RETURNING 1;

-- name: blob_known
-- Crosses projects: the sweep of blobs that nothing needs.
SELECT value FROM json_each(:blobs) AS asked
WHERE EXISTS (SELECT 1 FROM file WHERE file.blob = asked.value)
   OR EXISTS (SELECT 1 FROM upload_part WHERE upload_part.blob = asked.value);
