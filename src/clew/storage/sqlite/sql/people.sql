-- name: participant_insert
INSERT INTO participant (project_id, id, identifier, created_at, expires_at, body)
VALUES (:project_id, :id, :identifier, :created_at, :expires_at, :body)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: participant_get
SELECT body FROM participant
WHERE project_id = :project_id AND id = :id AND (expires_at IS NULL OR expires_at > :now);

-- name: participant_by_identifier
SELECT body FROM participant
WHERE project_id = :project_id AND identifier = :identifier AND (expires_at IS NULL OR expires_at > :now);

-- name: participant_place
SELECT no, created_at FROM participant WHERE project_id = :project_id AND id = :id;

-- name: participant_page_asc
SELECT body FROM participant
WHERE project_id = :project_id AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (expires_at IS NULL OR expires_at > :now)
ORDER BY created_at, no LIMIT :limit;

-- name: participant_page_desc
SELECT body FROM participant
WHERE project_id = :project_id AND (created_at, no) > (:low_at, :low_no) AND (created_at, no) < (:high_at, :high_no)
  AND (expires_at IS NULL OR expires_at > :now)
ORDER BY created_at DESC, no DESC LIMIT :limit;

-- name: participant_update
UPDATE participant SET identifier = :identifier, expires_at = :expires_at, body = :body
WHERE project_id = :project_id AND id = :id;

-- name: participant_expired
-- Crosses projects: the sweep.
DELETE FROM participant WHERE no IN (
    SELECT no FROM participant WHERE expires_at IS NOT NULL AND expires_at <= :now ORDER BY expires_at LIMIT :limit
) RETURNING 1;

-- name: participant_delete
DELETE FROM participant WHERE project_id = :project_id AND id = :id RETURNING 1;

-- name: key_insert
INSERT INTO api_key (id, project_id, hash, created_at, revoked_at, body)
VALUES (:id, :project_id, :hash, :created_at, :revoked_at, :body);

-- name: key_by_hash
-- Crosses projects: the key is what names the project.
SELECT revoked_at, body FROM api_key WHERE hash = :hash;

-- name: key_all
-- Crosses projects: the operator's list.
SELECT revoked_at, body FROM api_key ORDER BY created_at, id;

-- name: key_revoke
-- Crosses projects: the operator's word.
UPDATE api_key SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL RETURNING 1;
