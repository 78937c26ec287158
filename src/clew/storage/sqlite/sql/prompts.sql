-- name: prompt_insert
INSERT INTO prompt (project_id, id, name, body) VALUES (:project_id, :id, :name, :body)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: prompt_get
SELECT body FROM prompt WHERE project_id = :project_id AND id = :id;

-- name: prompt_by_name
SELECT body FROM prompt WHERE project_id = :project_id AND name = :name;

-- name: prompt_update
UPDATE prompt SET name = :name, body = :body WHERE project_id = :project_id AND id = :id;

-- name: prompt_version_insert
INSERT INTO prompt_version (project_id, id, prompt_id, number, likeness, likeness_bare, body)
VALUES (:project_id, :id, :prompt_id, :number, :likeness, :likeness_bare, :body)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: prompt_version_get
SELECT body FROM prompt_version WHERE project_id = :project_id AND id = :id;

-- name: prompt_version_numbered
SELECT body FROM prompt_version WHERE project_id = :project_id AND prompt_id = :prompt_id AND number = :number;

-- name: prompt_version_like
SELECT body FROM prompt_version
WHERE project_id = :project_id AND prompt_id = :prompt_id AND likeness = :likeness
ORDER BY number DESC LIMIT 1;

-- name: prompt_version_like_bare
SELECT body FROM prompt_version
WHERE project_id = :project_id AND prompt_id = :prompt_id AND likeness_bare = :likeness
ORDER BY number DESC LIMIT 1;

-- name: prompt_variant_insert
INSERT INTO prompt_variant (project_id, id, body) VALUES (:project_id, :id, :body)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: prompt_variant_get
SELECT body FROM prompt_variant WHERE project_id = :project_id AND id = :id;
