-- Prompts, datasets and experiments. Nothing that threads, items or runs write to.
CREATE TABLE prompt (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id),
    UNIQUE (project_id, name)
) STRICT;

-- `likeness` is equal for versions that say the same, `likeness_bare` for those that do but for the model's provider.
CREATE TABLE prompt_version (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    prompt_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    likeness TEXT NOT NULL,
    likeness_bare TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id),
    UNIQUE (project_id, prompt_id, number)
) STRICT;
CREATE INDEX prompt_version_by_likeness ON prompt_version (project_id, prompt_id, likeness, number);
CREATE INDEX prompt_version_by_likeness_bare ON prompt_version (project_id, prompt_id, likeness_bare, number);

CREATE TABLE prompt_variant (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;

CREATE TABLE dataset (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT,
    created_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id),
    UNIQUE (project_id, name)
) STRICT;
CREATE INDEX dataset_by_time ON dataset (project_id, created_at, no);

CREATE TABLE dataset_item (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    dataset_no INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;
CREATE INDEX dataset_item_by_dataset ON dataset_item (dataset_no, no);

-- Datasets that were deleted, and whose items the sweep has still to free.
CREATE TABLE dataset_gone (
    dataset_no INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE experiment (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;

CREATE TABLE experiment_item (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (project_id, id)
) STRICT;
