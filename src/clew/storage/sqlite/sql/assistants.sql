-- name: assistant_insert
INSERT INTO assistant (project_id, id, created_at, expires_at, body)
VALUES (:project_id, :id, :created_at, :expires_at, :body)
ON CONFLICT (project_id, id) DO NOTHING
RETURNING no;

-- name: assistant_version_insert
INSERT INTO assistant_version (assistant_no, version, id, mask, body)
VALUES (:assistant_no, :version, :id, :mask, :body);

-- name: assistant_get
SELECT body FROM assistant
WHERE project_id = :project_id AND id = :id AND (expires_at IS NULL OR expires_at > :now);

-- name: assistant_place
SELECT no, created_at FROM assistant WHERE project_id = :project_id AND id = :id;

-- name: assistant_update
UPDATE assistant SET expires_at = :expires_at, body = :body
WHERE project_id = :project_id AND id = :id
RETURNING no;

-- name: assistant_touch
UPDATE assistant SET expires_at = :expires_at, body = :body WHERE project_id = :project_id AND id = :id;

-- name: assistant_expired
-- Crosses projects: the sweep.
SELECT project_id, id FROM assistant WHERE expires_at IS NOT NULL AND expires_at <= :now
ORDER BY expires_at LIMIT :limit;

-- name: assistant_versions_delete
DELETE FROM assistant_version
WHERE assistant_no = (SELECT no FROM assistant WHERE project_id = :project_id AND id = :id);

-- name: assistant_delete
DELETE FROM assistant WHERE project_id = :project_id AND id = :id RETURNING 1;

-- name: assistant_page_asc
SELECT body FROM assistant
WHERE project_id = :project_id AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (expires_at IS NULL OR expires_at > :now)
ORDER BY created_at, no LIMIT :limit;

-- name: assistant_page_desc
SELECT body FROM assistant
WHERE project_id = :project_id AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (expires_at IS NULL OR expires_at > :now)
ORDER BY created_at DESC, no DESC LIMIT :limit;

-- name: assistant_version_place
SELECT version FROM assistant_version
WHERE assistant_no = (SELECT no FROM assistant WHERE project_id = :project_id AND id = :assistant_id) AND id = :id;

-- name: assistant_versions_asc
SELECT id, mask, body FROM assistant_version
WHERE assistant_no = (SELECT no FROM assistant WHERE project_id = :project_id AND id = :assistant_id)
  AND version > :low AND version < :high
ORDER BY version LIMIT :limit;

-- name: assistant_versions_desc
SELECT id, mask, body FROM assistant_version
WHERE assistant_no = (SELECT no FROM assistant WHERE project_id = :project_id AND id = :assistant_id)
  AND version > :low AND version < :high
ORDER BY version DESC LIMIT :limit;
