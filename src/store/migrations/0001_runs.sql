-- Format 1: runs and everything that was recorded of their trials.
-- Times are UTC with nine decimals, so that they sort as text. Hashes are `b3:` and 32 hex digits.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id             TEXT PRIMARY KEY,
    started        TEXT NOT NULL,
    ended          TEXT,
    status         TEXT NOT NULL CHECK (status IN ('running', 'finished', 'stopped')),
    stop_reason    TEXT,
    program        TEXT NOT NULL,
    selection      TEXT NOT NULL,
    planned        INTEGER NOT NULL,
    seed           INTEGER NOT NULL,
    revision       TEXT,
    branch         TEXT,
    dirty          INTEGER CHECK (dirty IN (0, 1)),
    case_hash      TEXT NOT NULL,
    prompt_hash    TEXT NOT NULL,
    knowledge_hash TEXT NOT NULL,
    scorers_hash   TEXT NOT NULL,
    model_hash     TEXT NOT NULL,
    CHECK ((revision IS NULL) = (dirty IS NULL))
) STRICT;
CREATE INDEX runs_by_age ON runs (started, id);

CREATE TABLE run_suites (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    suite    TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_suites_by_suite ON run_suites (suite, run);

CREATE TABLE run_variants (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    prompt   TEXT NOT NULL,
    model    TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_models (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    identity TEXT NOT NULL,
    PRIMARY KEY (run, position),
    UNIQUE (run, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_models_by_model ON run_models (provider, model, run);

CREATE TABLE run_tags (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_tags_by_tag ON run_tags (tag, run);

-- Answers, messages, passages and case facts: each different text once, found by its hash.
CREATE TABLE texts (
    id   INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE trials (
    id             INTEGER PRIMARY KEY,
    run            TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    suite          TEXT NOT NULL,
    case_id        TEXT NOT NULL,
    phrasing       TEXT NOT NULL,
    prompt         TEXT NOT NULL,
    model          TEXT NOT NULL,
    repeat         INTEGER NOT NULL,
    outcome        TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'errored', 'refused', 'skipped')),
    action         TEXT,
    cost           REAL,
    case_hash      TEXT NOT NULL,
    prompt_hash    TEXT NOT NULL,
    knowledge_hash TEXT NOT NULL,
    scorers_hash   TEXT NOT NULL,
    model_hash     TEXT NOT NULL,
    request        TEXT NOT NULL,
    facts          INTEGER NOT NULL REFERENCES texts (id),
    messages       INTEGER NOT NULL REFERENCES texts (id),
    passages       INTEGER NOT NULL REFERENCES texts (id),
    error_kind     TEXT,
    error_message  TEXT,
    error_status   INTEGER,
    finished       TEXT NOT NULL,
    UNIQUE (run, suite, case_id, phrasing, prompt, model, repeat),
    CHECK ((error_kind IS NULL) = (error_message IS NULL))
) STRICT;
CREATE INDEX trials_by_case ON trials (suite, case_id, run);
CREATE INDEX trials_by_request ON trials (request);
CREATE INDEX trials_by_outcome ON trials (run, outcome, cost);
CREATE INDEX trials_by_facts ON trials (facts);
CREATE INDEX trials_by_messages ON trials (messages);
CREATE INDEX trials_by_passages ON trials (passages);

CREATE TABLE completions (
    trial               INTEGER PRIMARY KEY REFERENCES trials (id) ON DELETE CASCADE,
    text                INTEGER NOT NULL REFERENCES texts (id),
    tool_calls          TEXT NOT NULL,
    stop                TEXT NOT NULL,
    input_tokens        INTEGER,
    output_tokens       INTEGER,
    cached_input_tokens INTEGER,
    reasoning_tokens    INTEGER,
    latency_ms          REAL NOT NULL,
    reported_model      TEXT
) STRICT;
CREATE INDEX completions_by_text ON completions (text);

CREATE TABLE attempts (
    trial         INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,
    position      INTEGER NOT NULL,
    started       TEXT NOT NULL,
    latency_ms    REAL NOT NULL,
    error_kind    TEXT,
    error_message TEXT,
    error_status  INTEGER,
    PRIMARY KEY (trial, position),
    CHECK ((error_kind IS NULL) = (error_message IS NULL))
) STRICT, WITHOUT ROWID;

-- Only a row that was scored has a value: an error can never become a number.
CREATE TABLE scores (
    trial    INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    required INTEGER NOT NULL CHECK (required IN (0, 1)),
    state    TEXT NOT NULL CHECK (state IN ('scored', 'not-applicable', 'unparsed', 'judge-error')),
    value    REAL,
    pass     INTEGER CHECK (pass IN (0, 1)),
    reason   TEXT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (trial, position),
    CHECK ((state = 'scored') = (value IS NOT NULL)),
    CHECK ((state = 'scored') = (pass IS NOT NULL))
) STRICT, WITHOUT ROWID;
