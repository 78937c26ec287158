-- name: participant_insert
INSERT INTO participant (project_id, id, identifier, body) VALUES (:project_id, :id, :identifier, :body)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: participant_get
SELECT body FROM participant WHERE project_id = :project_id AND id = :id;

-- name: participant_by_identifier
SELECT body FROM participant WHERE project_id = :project_id AND identifier = :identifier;

-- name: participant_update
UPDATE participant SET identifier = :identifier, body = :body WHERE project_id = :project_id AND id = :id;

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
