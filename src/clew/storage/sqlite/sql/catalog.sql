-- name: catalog_project_get
SELECT 1 FROM catalog_project WHERE project_id = :project_id;

-- name: catalog_project_insert
INSERT OR IGNORE INTO catalog_project (project_id) VALUES (:project_id);

-- name: catalog_projects
SELECT project_id FROM catalog_project;

-- name: catalog_lagging
-- Threads of which something may not be in the catalog: all are walked, so many at once, after a start.
SELECT thread.no, thread.created_at, catalog.last_seq IS NOT tail.last_seq AS lags
FROM thread
JOIN thread_tail AS tail ON tail.thread_no = thread.no
LEFT JOIN catalog_thread AS catalog ON catalog.thread_no = thread.no
WHERE thread.project_id = :project_id AND (thread.created_at, thread.no) > (:low_at, :low_no)
ORDER BY thread.created_at, thread.no
LIMIT :limit;

-- name: catalog_people_lagging
-- The same of participants.
SELECT person.no, person.created_at, person.id, catalog.no IS NULL AS lags
FROM participant AS person
LEFT JOIN catalog_participant AS catalog ON catalog.project_id = person.project_id AND catalog.id = person.id
WHERE person.project_id = :project_id AND (person.created_at, person.no) > (:low_at, :low_no)
ORDER BY person.created_at, person.no
LIMIT :limit;

-- name: catalog_thread_row
-- By the number of a thread.
SELECT thread.project_id, thread.body, tail.last_seq FROM thread
JOIN thread_tail AS tail ON tail.thread_no = thread.no
WHERE thread.no = :thread_no;

-- name: catalog_thread_no
SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id;

-- name: catalog_thread_get
-- By the number of a thread.
SELECT project_id, last_seq, name, environment, participant_id, tokens, started_at, ended_at
FROM catalog_thread WHERE thread_no = :thread_no;

-- name: catalog_thread_insert
INSERT INTO catalog_thread (thread_no, project_id, created_at, last_seq, name, environment, participant_id, tokens)
VALUES (:thread_no, :project_id, :created_at, 0, :name, :environment, :participant_id, 0);

-- name: catalog_thread_update
-- By the number of a thread.
UPDATE catalog_thread SET name = :name, environment = :environment, participant_id = :participant_id
WHERE thread_no = :thread_no;

-- name: catalog_thread_reached
-- By the number of a thread.
UPDATE catalog_thread SET last_seq = :last_seq WHERE thread_no = :thread_no;

-- name: catalog_thread_sums
-- By the number of a thread.
UPDATE catalog_thread SET tokens = :tokens, started_at = :started_at, ended_at = :ended_at
WHERE thread_no = :thread_no;

-- name: catalog_thread_first
-- By the number of a thread.
SELECT started_at FROM catalog_step WHERE thread_no = :thread_no AND started_at IS NOT NULL
ORDER BY started_at LIMIT 1;

-- name: catalog_thread_last
-- By the number of a thread.
SELECT max(ended_at) FROM catalog_step WHERE thread_no = :thread_no;

-- name: catalog_thread_drop
-- By the number of a thread.
DELETE FROM catalog_thread WHERE thread_no = :thread_no;

-- name: catalog_thread_text_drop
-- By the number of a thread.
DELETE FROM catalog_thread_text WHERE rowid = :thread_no;

-- name: catalog_thread_text_insert
INSERT INTO catalog_thread_text (rowid, name, metadata) VALUES (:thread_no, :name, :metadata);

-- name: catalog_sums
SELECT thread.id, catalog.tokens, catalog.started_at, catalog.ended_at
FROM json_each(:thread_ids) AS wanted
CROSS JOIN thread ON thread.project_id = :project_id AND thread.id = wanted.value
JOIN catalog_thread AS catalog ON catalog.thread_no = thread.no
WHERE thread.project_id = :project_id;

-- name: catalog_items_part
-- By the number of a thread: what came after so much of its log, of one of its two parts.
SELECT body FROM item WHERE key > :low AND key <= :high ORDER BY key;

-- name: catalog_item
-- By the number of a thread, which is in the key.
SELECT thread.project_id, item.body FROM item
JOIN thread ON thread.no = item.thread_no
WHERE item.key = :key;

-- name: catalog_run
-- By the number of a run that was just written.
SELECT run.project_id, run.no, run.turns, run.lease_owner, run.lease_until, run.last_event, run.progress, run.body
FROM run
JOIN thread ON thread.no = run.thread_no
WHERE run.no = :no;

-- name: catalog_runs_of
-- By the number of a thread.
SELECT no FROM run WHERE thread_no = :thread_no ORDER BY no;

-- name: catalog_all_seen
-- Crosses projects: whether no thread has expired, and none has gone whose rows are still here.
SELECT NOT EXISTS (SELECT 1 FROM thread WHERE expires_at <= :now LIMIT 1)
    AND NOT EXISTS (SELECT 1 FROM thread_gone LIMIT 1) AS all_seen;

-- name: catalog_step_find
-- The item, or the run. Hidden logs belong to the project too, under another name.
SELECT step.key, item.body, run.no, run.turns, run.lease_owner, run.lease_until, run.last_event, run.progress, run.body
FROM catalog_step AS step
JOIN thread ON thread.no = step.thread_no
LEFT JOIN item ON item.key = step.key
LEFT JOIN run ON run.no = -step.key
WHERE step.project_id = :project_id AND step.id = :id
  AND (thread.expires_at IS NULL OR thread.expires_at > :now);

-- name: catalog_step_row
SELECT step.no, step.key, step.thread_no, step.tokens, step.started_at, step.ended_at,
  EXISTS (SELECT 1 FROM thread WHERE thread.no = step.thread_no) AS is_there
FROM catalog_step AS step
WHERE step.project_id = :project_id AND step.id = :id;

-- name: catalog_step_is_there
-- By the number of a thread, which is in the key.
SELECT 1 FROM item WHERE key = :key AND id = :id;

-- name: catalog_step_of_key
-- By the number of a thread.
SELECT id, project_id FROM catalog_step WHERE thread_no = :thread_no AND key = :key;

-- name: catalog_step_insert
INSERT INTO catalog_step (
    project_id, id, thread_no, key, type, created_at, started_at, ended_at, parent_id, name, environment, fails,
    is_generation, model, provider, tokens, took, prompt_id
) VALUES (
    :project_id, :id, :thread_no, :key, :type, :created_at, :started_at, :ended_at, :parent_id, :name, :environment,
    :fails, :is_generation, :model, :provider, :tokens, :took, :prompt_id
);

-- name: catalog_step_update
UPDATE catalog_step
SET thread_no = :thread_no, key = :key, type = :type, started_at = :started_at, ended_at = :ended_at,
    parent_id = :parent_id, name = :name, environment = :environment, fails = :fails, is_generation = :is_generation,
    model = :model, provider = :provider, tokens = :tokens, took = :took, prompt_id = :prompt_id
WHERE project_id = :project_id AND id = :id;

-- name: catalog_step_drop
DELETE FROM catalog_step WHERE project_id = :project_id AND id = :id;

-- name: catalog_step_text_drop
-- By the number of a step.
DELETE FROM catalog_step_text WHERE rowid = :no;

-- name: catalog_step_text_insert
INSERT INTO catalog_step_text (rowid, name, input, output, metadata, error)
VALUES (:no, :name, :input, :output, :metadata, :error);

-- name: catalog_children
SELECT step.key, item.body, run.no, run.turns, run.lease_owner, run.lease_until, run.last_event, run.progress, run.body
FROM json_each(:parents) AS parent
CROSS JOIN catalog_step AS step ON step.project_id = :project_id AND step.parent_id = parent.value
JOIN thread ON thread.no = step.thread_no
LEFT JOIN item ON item.key = step.key
LEFT JOIN run ON run.no = -step.key
WHERE step.project_id = :project_id
  AND (thread.expires_at IS NULL OR thread.expires_at > :now)
LIMIT :limit;

-- name: catalog_tag_insert
INSERT OR IGNORE INTO catalog_tag (project_id, noun, tag, no) VALUES (:project_id, :noun, :tag, :no);

-- name: catalog_tags_drop
-- By the number of what has them.
DELETE FROM catalog_tag WHERE noun = :noun AND no = :no;

-- name: catalog_number_insert
INSERT OR IGNORE INTO catalog_number (project_id, name, value, thread_no)
VALUES (:project_id, :name, :value, :thread_no);

-- name: catalog_numbers_drop
-- By the number of a thread.
DELETE FROM catalog_number WHERE thread_no = :thread_no;

-- name: catalog_gone_steps
-- Crosses projects: the sweep.
SELECT project_id, id FROM catalog_step WHERE thread_no = :thread_no LIMIT :limit;

-- name: catalog_participant_body
SELECT body FROM participant WHERE project_id = :project_id AND id = :id;

-- name: catalog_participant_get
SELECT no FROM catalog_participant WHERE project_id = :project_id AND id = :id;

-- name: catalog_participant_insert
-- With what its threads come to, which is nothing as a rule: participants are there before their threads.
INSERT INTO catalog_participant (project_id, id, created_at, threads, tokens, last_active_at)
SELECT :project_id, :id, :created_at, count(*), coalesce(sum(tokens), 0), max(created_at)
FROM catalog_thread WHERE project_id = :project_id AND participant_id = :id;

-- name: catalog_participant_add
UPDATE catalog_participant
SET threads = threads + :threads, tokens = tokens + :tokens,
    last_active_at = max(coalesce(last_active_at, :at), coalesce(:at, last_active_at))
WHERE project_id = :project_id AND id = :id;

-- name: catalog_participant_drop
DELETE FROM catalog_participant WHERE project_id = :project_id AND id = :id;

-- name: catalog_participants_sums
SELECT person.id, person.threads, person.tokens, person.last_active_at
FROM json_each(:ids) AS wanted
CROSS JOIN catalog_participant AS person ON person.project_id = :project_id AND person.id = wanted.value
WHERE person.project_id = :project_id;
