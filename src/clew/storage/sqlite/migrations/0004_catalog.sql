-- The catalog: what is in the logs of a project, found across its threads. The log itself is elsewhere; everything here
-- but scores and enclosures can be made again from it. Only projects in `catalog_project` have one.
CREATE TABLE catalog_project (
    project_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- `last_seq` is how far the thread's log has been brought in.
CREATE TABLE catalog_thread (
    thread_no INTEGER PRIMARY KEY,
    project_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    name TEXT,
    environment TEXT,
    participant_id TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    took REAL AS ((ended_at - started_at) / 1e6) STORED
) STRICT;
CREATE INDEX catalog_thread_by_time ON catalog_thread (project_id, created_at, thread_no);
CREATE INDEX catalog_thread_by_tokens ON catalog_thread (project_id, tokens, thread_no);
CREATE INDEX catalog_thread_by_participant ON catalog_thread (project_id, participant_id, thread_no);
CREATE INDEX catalog_thread_by_name ON catalog_thread (project_id, name) WHERE name IS NOT NULL;
CREATE INDEX catalog_thread_by_environment ON catalog_thread (project_id, environment) WHERE environment IS NOT NULL;
CREATE INDEX catalog_thread_by_took ON catalog_thread (project_id, took) WHERE took IS NOT NULL;

-- key: that of the item; of a run, which is none, its number below zero. `no` is the order in which steps came.
CREATE TABLE catalog_step (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    thread_no INTEGER NOT NULL,
    key INTEGER NOT NULL,
    type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    parent_id TEXT,
    name TEXT,
    environment TEXT,
    fails INTEGER NOT NULL,
    is_generation INTEGER NOT NULL,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    took REAL NOT NULL,
    prompt_id TEXT,
    UNIQUE (project_id, id)
) STRICT;
CREATE INDEX catalog_step_by_time ON catalog_step (project_id, created_at, no);
CREATE INDEX catalog_step_by_thread ON catalog_step (thread_no, started_at, ended_at);
CREATE INDEX catalog_step_by_type ON catalog_step (project_id, type, thread_no);
CREATE INDEX catalog_step_by_start ON catalog_step (project_id, started_at) WHERE started_at IS NOT NULL;
CREATE INDEX catalog_step_by_end ON catalog_step (project_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX catalog_step_by_parent ON catalog_step (project_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX catalog_step_by_name ON catalog_step (project_id, name, thread_no) WHERE name IS NOT NULL;
CREATE INDEX catalog_step_by_environment ON catalog_step (project_id, environment) WHERE environment IS NOT NULL;
CREATE INDEX catalog_step_by_failure ON catalog_step (project_id) WHERE fails = 1;
CREATE INDEX catalog_generation_by_time ON catalog_step (project_id, created_at, no) WHERE is_generation = 1;
CREATE INDEX catalog_generation_by_tokens ON catalog_step (project_id, tokens, no) WHERE is_generation = 1;
CREATE INDEX catalog_generation_by_model ON catalog_step (project_id, model, no) WHERE is_generation = 1;
CREATE INDEX catalog_generation_by_provider ON catalog_step (project_id, provider, no) WHERE is_generation = 1;
CREATE INDEX catalog_generation_by_took ON catalog_step (project_id, took, no) WHERE is_generation = 1;
CREATE INDEX catalog_generation_by_prompt ON catalog_step (project_id, prompt_id) WHERE prompt_id IS NOT NULL;

-- Tags of threads ("thread", by number), of steps and of scores.
CREATE TABLE catalog_tag (
    project_id TEXT NOT NULL,
    noun TEXT NOT NULL,
    tag TEXT NOT NULL,
    no INTEGER NOT NULL,
    PRIMARY KEY (project_id, noun, tag, no)
) STRICT, WITHOUT ROWID;
CREATE INDEX catalog_tag_by_owner ON catalog_tag (noun, no);

-- Numbers in the metadata of threads, by their dotted path; texts are in `thread_metadata`.
CREATE TABLE catalog_number (
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    thread_no INTEGER NOT NULL,
    PRIMARY KEY (project_id, name, value, thread_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX catalog_number_by_thread ON catalog_number (thread_no);

-- Every three letters in a row: text is found by any piece of it that is so long, whatever its case.
CREATE VIRTUAL TABLE catalog_thread_text USING fts5 (
    name, metadata, content = '', contentless_delete = 1, tokenize = 'trigram'
);
CREATE VIRTUAL TABLE catalog_step_text USING fts5 (
    name, input, output, metadata, error, content = '', contentless_delete = 1, tokenize = 'trigram'
);

CREATE TABLE catalog_participant (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    threads INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    last_active_at INTEGER,
    UNIQUE (project_id, id)
) STRICT;
CREATE INDEX catalog_participant_by_time ON catalog_participant (project_id, created_at, no);
CREATE INDEX catalog_participant_by_threads ON catalog_participant (project_id, threads);
CREATE INDEX catalog_participant_by_tokens ON catalog_participant (project_id, tokens);
CREATE INDEX catalog_participant_by_activity ON catalog_participant (project_id, last_active_at)
WHERE last_active_at IS NOT NULL;

CREATE TABLE score (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    step_id TEXT,
    created_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    value REAL NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;
CREATE INDEX score_by_time ON score (project_id, created_at, no);
CREATE INDEX score_by_step ON score (project_id, step_id) WHERE step_id IS NOT NULL;
CREATE INDEX score_by_name ON score (project_id, name, value);
CREATE INDEX score_by_value ON score (project_id, value);
CREATE INDEX score_by_kind ON score (project_id, kind);

CREATE TABLE enclosure (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;
CREATE INDEX enclosure_by_step ON enclosure (project_id, step_id);
