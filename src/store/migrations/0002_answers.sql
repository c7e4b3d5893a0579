-- Format 2: small rows, and every answer that was ever paid for can be found again.
--
-- Times of trials are nanoseconds since 1970, hashes are 16 bytes. The texts of a case lie beside each other, so that
-- a run that goes from case to case touches few pages. References are not enforced while trials are
-- recorded (a check per row costs more than the row); whoever deletes, deletes what hangs on it.
-- For reading by hand there are the views `trial_rows`, `score_rows` and `answer_rows`.

ALTER TABLE trials RENAME TO old_trials;
ALTER TABLE texts RENAME TO old_texts;
ALTER TABLE attempts RENAME TO old_attempts;

-- `number` grows with every run that is begun, whatever the clock says: it is the order of runs.
CREATE TABLE new_runs (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
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
    case_hash      BLOB NOT NULL,
    prompt_hash    BLOB NOT NULL,
    knowledge_hash BLOB NOT NULL,
    scorers_hash   BLOB NOT NULL,
    model_hash     BLOB NOT NULL,
    CHECK ((revision IS NULL) = (dirty IS NULL))
) STRICT;

INSERT INTO new_runs
SELECT row_number() OVER (ORDER BY started, id), id, started, ended, status, stop_reason, program, selection, planned,
       seed, revision, branch, dirty, unhex(substr(case_hash, 4)), unhex(substr(prompt_hash, 4)),
       unhex(substr(knowledge_hash, 4)), unhex(substr(scorers_hash, 4)), unhex(substr(model_hash, 4))
FROM runs;

-- One wording of a case. Unique: found when a trial is recorded; in the order of reports when a run is read.
CREATE TABLE cases (
    id       INTEGER PRIMARY KEY,
    suite    TEXT NOT NULL,
    name     TEXT NOT NULL,
    phrasing TEXT NOT NULL,
    UNIQUE (suite, name, phrasing)
) STRICT;

INSERT INTO cases (suite, name, phrasing)
SELECT DISTINCT suite, case_id, phrasing FROM old_trials ORDER BY suite, case_id, phrasing;

CREATE TABLE variants (
    id     INTEGER PRIMARY KEY,
    prompt TEXT NOT NULL,
    model  TEXT NOT NULL,
    UNIQUE (prompt, model)
) STRICT;

INSERT INTO variants (prompt, model)
SELECT DISTINCT prompt, model FROM old_trials ORDER BY prompt, model;

-- Who answered: provider, its model, the engine's identity as JSON, and the name that the endpoint reported.
CREATE TABLE engines (
    id       INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    identity TEXT NOT NULL,
    reported TEXT,
    UNIQUE (provider, model, identity, reported)
) STRICT;

CREATE TEMP TABLE answered AS
SELECT t.id, coalesce(m.provider, '') AS provider, coalesce(m.model, t.model) AS model,
       coalesce(m.identity, 'null') AS identity, c.reported_model AS reported
FROM old_trials t
JOIN completions c ON c.trial = t.id
LEFT JOIN run_models m ON m.run = t.run AND m.name = t.model;

INSERT INTO engines (provider, model, identity, reported)
SELECT DISTINCT provider, model, identity, reported FROM answered ORDER BY 1, 2, 3, 4;

-- Case facts (JSON) and messages, in the scope of their case or, where cases share them, in scope 0; lists of
-- passages (JSON) in scope 0. Each different text of a scope once. Unique: found by its hash when a trial is recorded.
CREATE TABLE texts (
    id    INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    text  TEXT NOT NULL,
    UNIQUE (scope, hash)
) STRICT;

INSERT INTO texts (scope, hash, text)
SELECT c.id, unhex(substr(x.hash, 4)), x.text
FROM (SELECT DISTINCT suite, case_id, phrasing, facts FROM old_trials) u
JOIN cases c ON c.suite = u.suite AND c.name = u.case_id AND c.phrasing = u.phrasing
JOIN old_texts x ON x.id = u.facts
ORDER BY c.id, x.id;

INSERT INTO texts (scope, hash, text)
SELECT 0, unhex(substr(hash, 4)), text FROM old_texts
WHERE id IN (SELECT passages FROM old_trials) AND text <> '[]' ORDER BY id;

-- Messages were one text per trial. Here is no function for the hash of a single one: it gets a number of its own,
-- made of the hash of the list and its place in it.
CREATE TEMP TABLE parts AS
SELECT x.id AS list, e.key AS position, e.value ->> 'role' AS role, e.value ->> 'content' AS content,
       min(unhex(substr(x.hash, 4, 28) || printf('%04x', e.key))) OVER (PARTITION BY e.value ->> 'content') AS hash
FROM old_texts x, json_each(x.text) e
WHERE x.id IN (SELECT messages FROM old_trials);

INSERT INTO texts (scope, hash, text)
SELECT 0, hash, content FROM parts GROUP BY hash ORDER BY min(list), min(position);

CREATE TEMP TABLE lists (list INTEGER PRIMARY KEY, messages TEXT NOT NULL);
INSERT INTO lists
SELECT p.list, json_group_array(json_array(p.role, x.id) ORDER BY p.position)
FROM parts p JOIN texts x ON x.scope = 0 AND x.hash = p.hash GROUP BY p.list;

-- Every completion that was received. Usable: it ended by itself and says something, so that it may answer the same
-- request again. The newest one has the highest id.
CREATE TABLE answers (
    id                  INTEGER PRIMARY KEY,
    request             BLOB NOT NULL,
    usable              INTEGER NOT NULL CHECK (usable IN (0, 1)),
    engine              INTEGER NOT NULL REFERENCES engines (id),
    hash                BLOB NOT NULL,
    empty               INTEGER NOT NULL CHECK (empty IN (0, 1)),
    stop                TEXT NOT NULL,
    input_tokens        INTEGER,
    output_tokens       INTEGER,
    cached_input_tokens INTEGER,
    reasoning_tokens    INTEGER,
    latency_ms          REAL NOT NULL,
    first_token_ms      REAL,
    cost                REAL,
    received            INTEGER NOT NULL,
    tool_calls          TEXT,
    text                TEXT NOT NULL
) STRICT;

INSERT INTO answers
SELECT t.id, unhex(substr(t.request, 4)),
       t.error_kind IS NULL AND c.stop IN ('end', 'tool-calls')
           AND (trim(x.text, char(9, 10, 11, 12, 13, 32, 133, 160, 8232, 8233)) <> '' OR c.tool_calls <> '[]'),
       e.id, unhex(substr(x.hash, 4)), trim(x.text, char(9, 10, 11, 12, 13, 32, 133, 160, 8232, 8233)) = '' AND c.tool_calls = '[]', c.stop, c.input_tokens,
       c.output_tokens, c.cached_input_tokens, c.reasoning_tokens, c.latency_ms, NULL, t.cost,
       unixepoch(substr(t.finished, 1, 19)) * 1000000000 + CAST(substr(t.finished, 21, 9) AS INTEGER),
       nullif(c.tool_calls, '[]'), x.text
FROM old_trials t
JOIN completions c ON c.trial = t.id
JOIN old_texts x ON x.id = c.text
JOIN answered a ON a.id = t.id
JOIN engines e ON e.provider = a.provider AND e.model = a.model AND e.identity = a.identity AND e.reported IS a.reported
ORDER BY t.id;

-- Found: the newest usable answer to a request, or the newest one of any kind for a replay.
CREATE INDEX answers_by_request ON answers (request, usable);

-- `request` is null where it is the answer's. `messages` is a JSON list of `[role, text]`. A single request that was answered is `sent` and `waited_ms`; any other
-- number of requests is in `attempts`. `scores` is a JSON list of `[name, kind, required, state, value, pass, label]`;
-- `findings` is one of `[reason, evidence]`, in the same order;
-- a piece of evidence is `[label, span, quote, passage, note]`. Unique: a trial found by its key.
CREATE TABLE trials (
    id             INTEGER PRIMARY KEY,
    run            INTEGER NOT NULL REFERENCES runs (number),
    case_id        INTEGER NOT NULL REFERENCES cases (id),
    variant        INTEGER NOT NULL REFERENCES variants (id),
    repeat         INTEGER NOT NULL,
    outcome        TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'errored', 'refused', 'skipped')),
    action         TEXT,
    cached         INTEGER NOT NULL CHECK (cached IN (0, 1)),
    cost           REAL,
    tier           TEXT NOT NULL,
    weight         REAL NOT NULL,
    golden         INTEGER NOT NULL CHECK (golden IN (0, 1)),
    case_hash      BLOB NOT NULL,
    prompt_hash    BLOB NOT NULL,
    knowledge_hash BLOB NOT NULL,
    scorers_hash   BLOB NOT NULL,
    model_hash     BLOB NOT NULL,
    request        BLOB,
    answer         INTEGER REFERENCES answers (id),
    facts          INTEGER NOT NULL REFERENCES texts (id),
    messages       TEXT NOT NULL,
    passages       INTEGER REFERENCES texts (id),
    finished       INTEGER NOT NULL,
    sent           INTEGER,
    waited_ms      REAL,
    error_kind     TEXT,
    error_status   INTEGER,
    error_message  TEXT,
    scores         TEXT NOT NULL,
    findings       TEXT NOT NULL,
    UNIQUE (run, case_id, variant, repeat),
    CHECK (request IS NOT NULL OR answer IS NOT NULL),
    CHECK ((sent IS NULL) = (waited_ms IS NULL)),
    CHECK ((error_kind IS NULL) = (error_message IS NULL))
) STRICT;

INSERT INTO trials
SELECT t.id, r.number, c.id, v.id, t.repeat, t.outcome, t.action, 0, t.cost, f.text ->> 'tier', f.text ->> 'weight',
       json_array_length(f.text, '$.goldens') > 0,
       unhex(substr(t.case_hash, 4)), unhex(substr(t.prompt_hash, 4)), unhex(substr(t.knowledge_hash, 4)),
       unhex(substr(t.scorers_hash, 4)), unhex(substr(t.model_hash, 4)),
       iif(a.id IS NULL, unhex(substr(t.request, 4)), NULL), a.id, nf.id, coalesce(l.messages, '[]'), np.id,
       unixepoch(substr(t.finished, 1, 19)) * 1000000000 + CAST(substr(t.finished, 21, 9) AS INTEGER),
       unixepoch(substr(s.started, 1, 19)) * 1000000000 + CAST(substr(s.started, 21, 9) AS INTEGER),
       iif(s.started IS NULL, NULL, 0.0), t.error_kind, t.error_status, t.error_message,
       coalesce((SELECT json_group_array(json_array(
                        g.name, g.kind, g.required, g.state,
                        iif(g.value IS NULL, NULL, json(printf('%!.17g', g.value))), g.pass,
                        coalesce((SELECT e.value ->> 'label' FROM json_each(g.evidence) e
                                  ORDER BY e.value ->> 'label' IN ('matched', 'supported'), e.key LIMIT 1), ''))
                        ORDER BY g.position)
                 FROM scores g WHERE g.trial = t.id), '[]'),
       coalesce((SELECT json_group_array(json_array(g.reason, json((
                        SELECT json_group_array(json_array(e.value -> 'label', e.value -> 'span', e.value -> 'quote',
                                                           e.value -> 'passage', e.value -> 'note') ORDER BY e.key)
                        FROM json_each(g.evidence) e))) ORDER BY g.position)
                 FROM scores g WHERE g.trial = t.id), '[]')
FROM old_trials t
JOIN new_runs r ON r.id = t.run
JOIN cases c ON c.suite = t.suite AND c.name = t.case_id AND c.phrasing = t.phrasing
JOIN variants v ON v.prompt = t.prompt AND v.model = t.model
JOIN old_texts f ON f.id = t.facts
JOIN old_texts p ON p.id = t.passages
JOIN texts nf ON nf.scope = c.id AND nf.hash = unhex(substr(f.hash, 4))
LEFT JOIN lists l ON l.list = t.messages
LEFT JOIN texts np ON np.scope = 0 AND np.hash = unhex(substr(p.hash, 4))
LEFT JOIN answers a ON a.id = t.id
LEFT JOIN old_attempts s ON s.trial = t.id AND s.position = 0 AND s.error_kind IS NULL AND s.latency_ms = a.latency_ms
     AND NOT EXISTS (SELECT 1 FROM old_attempts o WHERE o.trial = t.id AND o.position > 0)
ORDER BY t.id;

CREATE TABLE attempts (
    trial         INTEGER NOT NULL REFERENCES trials (id),
    position      INTEGER NOT NULL,
    started       INTEGER NOT NULL,
    latency_ms    REAL NOT NULL,
    waited_ms     REAL NOT NULL,
    error_kind    TEXT,
    error_status  INTEGER,
    error_message TEXT,
    PRIMARY KEY (trial, position),
    CHECK ((error_kind IS NULL) = (error_message IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO attempts
SELECT o.trial, o.position,
       unixepoch(substr(o.started, 1, 19)) * 1000000000 + CAST(substr(o.started, 21, 9) AS INTEGER),
       o.latency_ms, 0.0, o.error_kind, o.error_status, o.error_message
FROM old_attempts o JOIN trials t ON t.id = o.trial WHERE t.sent IS NULL;

-- The history of the limits of a run.
CREATE TABLE run_limits (
    run         INTEGER NOT NULL REFERENCES runs (number),
    position    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    endpoint    TEXT NOT NULL,
    concurrency INTEGER NOT NULL,
    pause_ms    INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

DROP TABLE scores;
DROP TABLE completions;
DROP TABLE old_attempts;
DROP TABLE old_trials;
DROP TABLE old_texts;
DROP TABLE runs;
DROP TABLE temp.answered;
DROP TABLE temp.parts;
DROP TABLE temp.lists;
ALTER TABLE new_runs RENAME TO runs;

-- Counted without a look at the trials: outcomes and costs of runs, and of the variants of a run.
CREATE INDEX trials_by_outcome ON trials (run, variant, outcome, case_id, cost);

CREATE VIEW trial_rows AS
SELECT r.id AS run, c.suite, c.name AS case_id, c.phrasing, v.prompt, v.model, t.repeat, t.outcome, t.action, t.cached,
       t.cost, t.tier, t.weight, a.stop, a.input_tokens, a.output_tokens, a.latency_ms, a.text AS answer,
       t.error_kind, t.error_status, t.error_message,
       (SELECT json_group_array(json_object('role', o.role, 'content', o.text))
        FROM (SELECT m.value ->> 0 AS role, x.text FROM json_each(t.messages) m JOIN texts x ON x.id = m.value ->> 1
              ORDER BY m.key) o) AS messages, 'b3:' || lower(hex(coalesce(t.request, a.request))) AS request,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.finished / 1e9, 'unixepoch') AS finished, t.id AS trial
FROM trials t
JOIN runs r ON r.number = t.run
JOIN cases c ON c.id = t.case_id
JOIN variants v ON v.id = t.variant
LEFT JOIN answers a ON a.id = t.answer;

CREATE VIEW score_rows AS
SELECT t.id AS trial, s.value ->> 0 AS name, s.value ->> 1 AS kind, s.value ->> 2 AS required, s.value ->> 3 AS state,
       s.value ->> 4 AS value, s.value ->> 5 AS pass, f.value ->> 0 AS reason, f.value -> 1 AS evidence
FROM trials t, json_each(t.scores) s, json_each(t.findings) f WHERE f.key = s.key;

CREATE VIEW answer_rows AS
SELECT 'b3:' || lower(hex(a.request)) AS request, a.usable, e.provider, e.model, e.reported, a.stop, a.input_tokens,
       a.output_tokens, a.latency_ms, a.cost, strftime('%Y-%m-%dT%H:%M:%fZ', a.received / 1e9, 'unixepoch') AS received,
       a.text, a.tool_calls
FROM answers a JOIN engines e ON e.id = a.engine;
