-- name: score_put
INSERT INTO score (project_id, id, step_id, created_at, name, kind, value, body)
VALUES (:project_id, :id, :step_id, :created_at, :name, :kind, :value, :body)
ON CONFLICT (project_id, id) DO UPDATE
SET step_id = :step_id, name = :name, kind = :kind, value = :value, body = :body
RETURNING no;

-- name: score_get
-- Not one of a step whose thread has gone; one whose step has not come yet is seen.
SELECT score.body FROM score
WHERE score.project_id = :project_id AND score.id = :id
  AND NOT EXISTS (
      SELECT 1 FROM catalog_step AS step
      LEFT JOIN thread ON thread.no = step.thread_no
      WHERE step.project_id = :project_id AND step.id = score.step_id
        AND (thread.no IS NULL OR thread.expires_at <= :now)
  );

-- name: score_delete
DELETE FROM score WHERE project_id = :project_id AND id = :id RETURNING no;

-- name: score_of_steps
SELECT score.no, score.body FROM json_each(:step_ids) AS wanted
CROSS JOIN score ON score.project_id = :project_id AND score.step_id = wanted.value
WHERE score.project_id = :project_id;

-- name: score_drop
DELETE FROM score WHERE project_id = :project_id AND step_id = :step_id RETURNING no;

-- name: enclosure_put
INSERT INTO enclosure (project_id, id, step_id, body) VALUES (:project_id, :id, :step_id, :body)
ON CONFLICT (project_id, id) DO UPDATE SET step_id = :step_id, body = :body;

-- name: enclosure_get
SELECT enclosure.body FROM enclosure
WHERE enclosure.project_id = :project_id AND enclosure.id = :id
  AND NOT EXISTS (
      SELECT 1 FROM catalog_step AS step
      LEFT JOIN thread ON thread.no = step.thread_no
      WHERE step.project_id = :project_id AND step.id = enclosure.step_id
        AND (thread.no IS NULL OR thread.expires_at <= :now)
  );

-- name: enclosure_delete
DELETE FROM enclosure WHERE project_id = :project_id AND id = :id RETURNING 1;

-- name: enclosure_of_steps
SELECT enclosure.no, enclosure.body FROM json_each(:step_ids) AS wanted
CROSS JOIN enclosure ON enclosure.project_id = :project_id AND enclosure.step_id = wanted.value
WHERE enclosure.project_id = :project_id;

-- name: enclosure_drop
DELETE FROM enclosure WHERE project_id = :project_id AND step_id = :step_id;
