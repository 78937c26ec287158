-- name: experiment_insert
INSERT INTO experiment (project_id, id, body) VALUES (:project_id, :id, :body)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: experiment_get
SELECT body FROM experiment WHERE project_id = :project_id AND id = :id;

-- name: experiment_item_insert
INSERT INTO experiment_item (project_id, id, body) VALUES (:project_id, :id, :body)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: experiment_item_get
SELECT body FROM experiment_item WHERE project_id = :project_id AND id = :id;
