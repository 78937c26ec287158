-- Everything that expires is found by its end, participants are listed by time, runs are found by their id alone and
-- listed for a whole project, and operations have a table.

CREATE TABLE participant_listed (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    identifier TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;
INSERT INTO participant_listed (project_id, id, identifier, created_at, expires_at, body)
SELECT
    project_id, id, identifier, CAST(body AS TEXT) ->> 'created_at', CAST(body AS TEXT) ->> 'expires_at', body
FROM participant
ORDER BY CAST(body AS TEXT) ->> 'created_at', id;
DROP TABLE participant;
ALTER TABLE participant_listed RENAME TO participant;
CREATE UNIQUE INDEX participant_by_identifier ON participant (project_id, identifier);
CREATE INDEX participant_by_time ON participant (project_id, created_at, no);
CREATE INDEX participant_by_end ON participant (expires_at) WHERE expires_at IS NOT NULL;

CREATE INDEX assistant_by_end ON assistant (expires_at) WHERE expires_at IS NOT NULL;

ALTER TABLE file_index ADD COLUMN expires_at INTEGER;
UPDATE file_index SET expires_at = CAST(body AS TEXT) ->> 'expires_at';

CREATE INDEX run_by_own_id ON run (project_id, id);
CREATE INDEX run_by_project ON run (project_id);

-- Work that a caller may ask about by an id of its own. `done_at` is when it was over.
CREATE TABLE operation (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    done_at INTEGER,
    body BLOB NOT NULL,
    PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_by_end ON operation (done_at) WHERE done_at IS NOT NULL;

-- What tokens are signed with. It leaves the store in backups only.
ALTER TABLE store ADD COLUMN secret TEXT;
UPDATE store SET secret = lower(hex(randomblob(32)));
