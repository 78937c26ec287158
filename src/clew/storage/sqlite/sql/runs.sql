-- name: run_insert
INSERT INTO run (
    project_id, thread_no, thread_id, id, state, turns, lease_owner, lease_until, expires_at, last_event, progress, body
)
SELECT :project_id, no, id, :id, :state, :turns, :lease_owner, :lease_until, :expires_at, :last_event, :progress, :body
FROM thread WHERE project_id = :project_id AND id = :thread_id
ON CONFLICT (thread_no, id) DO NOTHING
RETURNING no;

-- name: run_get
SELECT no, turns, lease_owner, lease_until, last_event, progress, body FROM run
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) AND id = :id;

-- name: run_find
-- A run of a thread that is gone is still there until the sweep has come to it.
SELECT run.no, run.turns, run.lease_owner, run.lease_until, run.last_event, run.progress, run.body
FROM run JOIN thread ON thread.no = run.thread_no
WHERE run.project_id = :project_id AND run.id = :id AND (thread.expires_at IS NULL OR thread.expires_at > :now)
LIMIT 1;

-- name: run_update
UPDATE run
SET state = :state, turns = :turns, lease_owner = :lease_owner, lease_until = :lease_until,
    expires_at = :expires_at, progress = :progress
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) AND id = :id;

-- name: run_every
SELECT no, turns, lease_owner, lease_until, last_event, progress, body FROM run
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
ORDER BY no;

-- name: run_active
SELECT no, turns, lease_owner, lease_until, last_event, progress, body FROM run
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
  AND state IN ('queued', 'running', 'waiting', 'cancelling')
ORDER BY no;

-- name: run_place
SELECT no FROM run
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) AND id = :id;

-- name: run_page_asc
SELECT no, turns, lease_owner, lease_until, last_event, progress, body FROM run
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
  AND no > :low AND no < :high
ORDER BY no LIMIT :limit;

-- name: run_page_desc
SELECT no, turns, lease_owner, lease_until, last_event, progress, body FROM run
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
  AND no > :low AND no < :high
ORDER BY no DESC LIMIT :limit;

-- name: run_of_project_asc
-- The index is named because the planner, which has no statistics, would sort what it found by another.
SELECT run.no, run.turns, run.lease_owner, run.lease_until, run.last_event, run.progress, run.body
FROM run INDEXED BY run_by_project
JOIN thread ON thread.no = run.thread_no
WHERE run.project_id = :project_id AND run.no > :low AND run.no < :high
  AND (thread.expires_at IS NULL OR thread.expires_at > :now)
ORDER BY run.no LIMIT :limit;

-- name: run_of_project_desc
-- The index is named because the planner, which has no statistics, would sort what it found by another.
SELECT run.no, run.turns, run.lease_owner, run.lease_until, run.last_event, run.progress, run.body
FROM run INDEXED BY run_by_project
JOIN thread ON thread.no = run.thread_no
WHERE run.project_id = :project_id AND run.no > :low AND run.no < :high
  AND (thread.expires_at IS NULL OR thread.expires_at > :now)
ORDER BY run.no DESC LIMIT :limit;

-- name: run_claim
-- Crosses projects: workers serve them all. Several searches, free runs first: one with OR would walk every lease that
-- lasts. The last finds leases longer than any can be: the clock was set back since, and their end is far away.
UPDATE run SET lease_owner = :owner, lease_until = :lease_until
WHERE no IN (
    SELECT no FROM run WHERE state IN ('queued', 'running', 'cancelling') AND lease_until IS NULL
    UNION ALL
    SELECT no FROM run WHERE state IN ('queued', 'running', 'cancelling') AND lease_until <= :now
    UNION ALL
    SELECT no FROM run WHERE state IN ('queued', 'running', 'cancelling') AND lease_until > :believable
    LIMIT :limit
)
RETURNING no, turns, lease_owner, lease_until, last_event, progress, body;

-- name: run_renew
-- Crosses projects: a worker's own leases.
UPDATE run SET lease_until = :lease_until
WHERE lease_owner = :owner AND id = :id AND project_id = :project_id
  AND thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id)
RETURNING 1;

-- name: run_release
-- Crosses projects: a worker's own leases.
UPDATE run SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = :owner;

-- name: run_release_all
-- Crosses projects: at the start of the only process that can have this file open.
UPDATE run SET lease_owner = NULL, lease_until = NULL WHERE lease_owner IS NOT NULL;

-- name: run_overdue
-- Crosses projects: upkeep.
SELECT no, turns, lease_owner, lease_until, last_event, progress, body FROM run
WHERE expires_at IS NOT NULL AND expires_at <= :now
ORDER BY expires_at LIMIT :limit;

-- name: event_numbers
UPDATE run SET last_event = last_event + :count
WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) AND id = :id
RETURNING no, last_event;

-- name: event_insert
INSERT INTO event (run_no, number, body) VALUES (:run_no, :number, :body);

-- name: event_after
SELECT number, body FROM event
WHERE run_no = (
    SELECT no FROM run
    WHERE thread_no = (SELECT no FROM thread WHERE project_id = :project_id AND id = :thread_id) AND id = :run_id
) AND number > :number
ORDER BY number LIMIT :limit;
