-- name: operation_insert
INSERT INTO operation (project_id, id, done_at, body) VALUES (:project_id, :id, :done_at, :body)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: operation_get
SELECT body FROM operation WHERE project_id = :project_id AND id = :id;

-- name: operation_update
UPDATE operation SET done_at = :done_at, body = :body WHERE project_id = :project_id AND id = :id;

-- name: operation_ended
-- Crosses projects: the sweep.
DELETE FROM operation WHERE (project_id, id) IN (
    SELECT project_id, id FROM operation WHERE done_at IS NOT NULL AND done_at <= :done_by
    ORDER BY done_at LIMIT :limit
) RETURNING 1;
