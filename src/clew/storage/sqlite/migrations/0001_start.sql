-- The first schema.
--
-- A thread has a number (`no`) that never leaves this adapter and is never used twice: what lives in a
-- thread is keyed by it, so that a thread's rows lie side by side and keys stay small. The project and
-- the thread's id are in front of it wherever a reader comes in.

CREATE TABLE thread (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;
CREATE INDEX thread_by_time ON thread (project_id, created_at, no);
CREATE INDEX thread_by_end ON thread (expires_at) WHERE expires_at IS NOT NULL;

-- The end of a thread's log: apart from the thread, because every append writes it.
CREATE TABLE thread_tail (
    thread_no INTEGER PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    last_active_at INTEGER NOT NULL
) STRICT;

-- Metadata with string values once more, for lists that filter by it.
CREATE TABLE thread_metadata (
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    thread_no INTEGER NOT NULL,
    PRIMARY KEY (project_id, name, value, created_at, thread_no)
) STRICT, WITHOUT ROWID;

-- Threads that readers no longer see and whose rows wait to be freed.
CREATE TABLE thread_gone (
    thread_no INTEGER PRIMARY KEY
) STRICT;

-- key = thread_no << 32 | (1 << 31 for a message) | seq: one integer that is unique and puts a thread's items side by
-- side, its messages apart from all else, each in order. An id that was made for its place in the log says where the
-- row is; only one that was not is `named`, and needs an index to be found.
CREATE TABLE item (
    key INTEGER PRIMARY KEY,
    thread_no INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    run_id TEXT,
    named INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX item_by_id ON item (thread_no, id) WHERE named = 1;
CREATE INDEX item_by_run ON item (thread_no, run_id) WHERE run_id IS NOT NULL;

CREATE TABLE run (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    thread_no INTEGER NOT NULL,
    thread_id TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    turns INTEGER NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER,
    expires_at INTEGER,
    last_event INTEGER NOT NULL,
    progress BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX run_by_id ON run (thread_no, id);
CREATE INDEX run_by_thread ON run (thread_no);
CREATE INDEX run_active ON run (thread_no) WHERE state IN ('queued', 'running', 'waiting', 'cancelling');
CREATE INDEX run_work ON run (lease_until) WHERE state IN ('queued', 'running', 'cancelling');
CREATE INDEX run_by_end ON run (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX run_by_owner ON run (lease_owner) WHERE lease_owner IS NOT NULL;

CREATE TABLE event (
    run_no INTEGER NOT NULL,
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_no, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE assistant (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;
CREATE INDEX assistant_by_time ON assistant (project_id, created_at, no);

CREATE TABLE assistant_version (
    assistant_no INTEGER NOT NULL,
    version INTEGER NOT NULL,
    id TEXT NOT NULL,
    mask BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (assistant_no, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    purpose TEXT,
    expires_at INTEGER,
    blob TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;
CREATE INDEX file_by_time ON file (project_id, created_at, no);
CREATE INDEX file_by_purpose ON file (project_id, purpose, created_at, no);
CREATE INDEX file_by_blob ON file (blob);
CREATE INDEX file_by_end ON file (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE upload (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_by_end ON upload (expires_at);

CREATE TABLE upload_part (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    upload_id TEXT NOT NULL,
    id TEXT NOT NULL,
    blob TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX upload_part_by_upload ON upload_part (project_id, upload_id);
CREATE INDEX upload_part_by_blob ON upload_part (blob);
CREATE INDEX upload_part_by_end ON upload_part (ends_at);

-- An index of files; the counts of its files are kept, so that reading it costs the same however many there are.
CREATE TABLE file_index (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    in_progress INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;
CREATE INDEX file_index_by_time ON file_index (project_id, created_at, no);

CREATE TABLE index_file (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    index_no INTEGER NOT NULL,
    file_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    batch_id TEXT,
    size INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (index_no, file_id)
) STRICT;
CREATE INDEX index_file_by_time ON index_file (index_no, created_at, no);
CREATE INDEX index_file_by_state ON index_file (index_no, state, created_at, no);
CREATE INDEX index_file_by_batch ON index_file (index_no, batch_id, created_at, no);
CREATE INDEX index_file_by_file ON index_file (project_id, file_id);

CREATE TABLE batch (
    project_id TEXT NOT NULL,
    index_id TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (project_id, index_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE participant (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    identifier TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX participant_by_identifier ON participant (project_id, identifier);

CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What projects with a quota have: a row for each that is counted. Runs that are not over are few, and looked at.
CREATE TABLE used (
    project_id TEXT PRIMARY KEY,
    threads INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX run_active_by_project ON run (project_id) WHERE state IN ('queued', 'running', 'waiting', 'cancelling');
