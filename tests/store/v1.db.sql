PRAGMA application_id = 1919377781;
PRAGMA user_version = 1;
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
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
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
CREATE TABLE run_suites (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    suite    TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_tags (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_variants (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    prompt   TEXT NOT NULL,
    model    TEXT NOT NULL,
    PRIMARY KEY (run, position)
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
CREATE INDEX completions_by_text ON completions (text);
CREATE INDEX run_models_by_model ON run_models (provider, model, run);
CREATE INDEX run_suites_by_suite ON run_suites (suite, run);
CREATE INDEX run_tags_by_tag ON run_tags (tag, run);
CREATE INDEX runs_by_age ON runs (started, id);
CREATE INDEX trials_by_case ON trials (suite, case_id, run);
CREATE INDEX trials_by_facts ON trials (facts);
CREATE INDEX trials_by_messages ON trials (messages);
CREATE INDEX trials_by_outcome ON trials (run, outcome, cost);
CREATE INDEX trials_by_passages ON trials (passages);
CREATE INDEX trials_by_request ON trials (request);
INSERT INTO attempts VALUES (1, 0, '2026-10-02T10:00:00.250000000Z', 35.5, 'rate-limited', 'the endpoint asks to wait 2 s', 429);
INSERT INTO attempts VALUES (1, 1, '2026-10-02T10:00:02.300000000Z', 843.0625, NULL, NULL, NULL);
INSERT INTO attempts VALUES (2, 0, '2026-10-02T10:00:03.200000000Z', 12.25, NULL, NULL, NULL);
INSERT INTO attempts VALUES (3, 0, '2026-10-02T10:00:04.000000000Z', 1.0, 'network', 'connection refused', NULL);
INSERT INTO attempts VALUES (3, 1, '2026-10-02T10:00:05.000000001Z', 1.5, 'network', 'connection refused', NULL);
INSERT INTO completions VALUES (1, 4, '[{"id":"call_1","name":"open_ticket","arguments":{"order":17,"ratio":0.30000000000000004,"note":null}},{"id":"call_2","name":"broken","arguments":"{not json"}]', 'tool-calls', 512, 40, 128, 7, 843.0625, 'qwen2.5-coder-0.5b-instruct-q4');
INSERT INTO completions VALUES (2, 5, '[]', 'end', NULL, NULL, NULL, NULL, 12.25, NULL);
INSERT INTO completions VALUES (4, 9, '[]', 'content-filter', NULL, NULL, NULL, NULL, 12.25, NULL);
INSERT INTO completions VALUES (5, 5, '[]', 'other:pause_turn', NULL, NULL, NULL, NULL, 12.25, NULL);
INSERT INTO meta VALUES ('format', '1');
INSERT INTO meta VALUES ('program', 'any');
INSERT INTO run_models VALUES ('0199a3c0-1111-7000-8000-000000000001', 0, 'small', 'embedded', 'qwen2.5-coder-0.5b-instruct', '{"engine":"candle 0.11.1","weights":"b3:ffffffffffffffffffffffffffffffff"}');
INSERT INTO run_models VALUES ('0199a3c0-1111-7000-8000-000000000001', 1, 'replayed', 'openai', 'gpt-5-mini', 'null');
INSERT INTO run_suites VALUES ('0199a3c0-1111-7000-8000-000000000001', 0, 'faq');
INSERT INTO run_suites VALUES ('0199a3c0-1111-7000-8000-000000000001', 1, 'refunds');
INSERT INTO run_tags VALUES ('0199a3c0-1111-7000-8000-000000000001', 'baseline');
INSERT INTO run_tags VALUES ('0199a3c0-1111-7000-8000-000000000001', 'release/1.0');
INSERT INTO run_variants VALUES ('0199a3c0-1111-7000-8000-000000000001', 0, 'support', 'small');
INSERT INTO run_variants VALUES ('0199a3c0-1111-7000-8000-000000000001', 1, 'terse', 'replayed');
INSERT INTO runs VALUES ('0199a3c0-1111-7000-8000-000000000001', '2026-10-02T10:00:00.000000000Z', '2026-10-02T10:00:08.500000000Z', 'stopped', 'interrupted by the user', '0.1.0', '{"suites":["faq"],"cases":[],"tags":[],"areas":[],"prompts":[],"models":[],"repeats":null,"seed":null}', 6, -1, '0123456789abcdef0123456789abcdef01234567', 'main', 1, 'b3:11111111111111111111111111111111', 'b3:33333333333333333333333333333333', 'b3:55555555555555555555555555555555', 'b3:77777777777777777777777777777777', 'b3:99999999999999999999999999999999');
INSERT INTO scores VALUES (1, 0, 'golden', 'golden', 1, 'scored', 0.8125, 1, 'close to an accepted answer', '[{"label":"matched","span":[9,16],"quote":"30 days","passage":"returns#return-window","note":"You have 30 days."}]');
INSERT INTO scores VALUES (1, 1, 'length', 'length', 0, 'scored', 0.0, 0, '8 words, at most 5', '[]');
INSERT INTO scores VALUES (1, 2, 'action', 'action', 1, 'not-applicable', NULL, NULL, 'the case expects nothing', '[]');
INSERT INTO scores VALUES (1, 3, 'json-schema', 'json-schema', 0, 'unparsed', NULL, NULL, 'not JSON', '[]');
INSERT INTO scores VALUES (1, 4, 'judge', 'judge', 0, 'judge-error', NULL, NULL, 'the judge did not answer', '[{"label":"differs","span":null,"quote":"","passage":null,"note":null}]');
INSERT INTO scores VALUES (2, 0, 'golden', 'golden', 1, 'scored', 0.25, 0, 'far from every accepted answer', '[]');
INSERT INTO texts VALUES (1, 'b3:21eb8a8189422476583601f2413a4eaa', '{"input":"How long do I have to send my bike back?","history":[{"role":"customer","text":"Hello"},{"role":"agent","text":"Hi! How can I help?"}],"goldens":["You have 30 days.","30 days from delivery."],"sources":["returns#return-window","returns"],"expect":["answer","clarify"],"tags":["faq","returns"],"owner":"maria","area":"returns","tier":"critical","weight":3.5,"lang":"en"}');
INSERT INTO texts VALUES (2, 'b3:3b482079f932a95de5c06d2a07f0b81f', '[{"role":"system","content":"You answer for Volta.\n''quoted'' text"},{"role":"assistant","content":"Hi!"},{"role":"user","content":"How long do I have to send my bike back?"}]');
INSERT INTO texts VALUES (3, 'b3:bca4b5960c86b738e28752af777bbe30', '[{"id":"returns#return-window","heading":"Return a bike › Return window","text":"You have 30 days.","hash":"b3:77777777777777777777777777777777"}]');
INSERT INTO texts VALUES (4, 'b3:b0839a9e45d261336468a4c28e2693b0', 'You have 30 days. Is that all right?');
INSERT INTO texts VALUES (5, 'b3:5af72f8866cfedaf0bac0502cfa00d02', 'You have 30 days.');
INSERT INTO texts VALUES (6, 'b3:991e99faeeb778de8211a3e7dd35991e', '{"input":"return period??","history":[{"role":"customer","text":"Hello"},{"role":"agent","text":"Hi! How can I help?"}],"goldens":["You have 30 days.","30 days from delivery."],"sources":["returns#return-window","returns"],"expect":["answer","clarify"],"tags":["faq","returns"],"owner":"maria","area":"returns","tier":"critical","weight":3.5,"lang":"en"}');
INSERT INTO texts VALUES (7, 'b3:d53d18c23212ea7b6300594bb89bce60', '[]');
INSERT INTO texts VALUES (8, 'b3:61262d7453a0937abc7c41338ef61cb3', '{"input":"Bună, cât durează?","history":[],"goldens":[],"sources":[],"expect":[],"tags":[],"owner":null,"area":null,"tier":"standard","weight":1.0,"lang":"ro"}');
INSERT INTO texts VALUES (9, 'b3:af1349b9f5f9a1a6a0404dea36dcc949', '');
INSERT INTO trials VALUES (1, '0199a3c0-1111-7000-8000-000000000001', 'faq', 'return-window', '', 'support', 'small', 1, 'passed', 'act', 0.000193, 'b3:11111111111111111111111111111111', 'b3:22222222222222222222222222222222', 'b3:33333333333333333333333333333333', 'b3:44444444444444444444444444444444', 'b3:55555555555555555555555555555555', 'b3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1, 2, 3, NULL, NULL, NULL, '2026-10-02T10:00:03.143000000Z');
INSERT INTO trials VALUES (2, '0199a3c0-1111-7000-8000-000000000001', 'faq', 'return-window', '', 'support', 'small', 2, 'failed', 'answer', NULL, 'b3:11111111111111111111111111111111', 'b3:22222222222222222222222222222222', 'b3:33333333333333333333333333333333', 'b3:44444444444444444444444444444444', 'b3:66666666666666666666666666666666', 'b3:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 1, 2, 3, NULL, NULL, NULL, '2026-10-02T10:00:03.300000000Z');
INSERT INTO trials VALUES (3, '0199a3c0-1111-7000-8000-000000000001', 'faq', 'return-window', '0badc0de', 'support', 'small', 1, 'errored', NULL, NULL, 'b3:22222222222222222222222222222222', 'b3:22222222222222222222222222222222', 'b3:33333333333333333333333333333333', 'b3:44444444444444444444444444444444', 'b3:55555555555555555555555555555555', 'b3:cccccccccccccccccccccccccccccccc', 6, 2, 7, 'network', 'connection refused', NULL, '2026-10-02T10:00:05.500000000Z');
INSERT INTO trials VALUES (4, '0199a3c0-1111-7000-8000-000000000001', 'faq', 'shipping', '', 'support', 'small', 1, 'refused', NULL, 0.0, 'b3:99999999999999999999999999999999', 'b3:22222222222222222222222222222222', 'b3:33333333333333333333333333333333', 'b3:44444444444444444444444444444444', 'b3:55555555555555555555555555555555', 'b3:dddddddddddddddddddddddddddddddd', 8, 7, 7, NULL, NULL, NULL, '2026-10-02T10:00:06.000000000Z');
INSERT INTO trials VALUES (5, '0199a3c0-1111-7000-8000-000000000001', 'faq', 'shipping', '', 'terse', 'replayed', 1, 'skipped', 'escalate', 0.0, 'b3:99999999999999999999999999999999', 'b3:33333333333333333333333333333333', 'b3:33333333333333333333333333333333', 'b3:44444444444444444444444444444444', 'b3:55555555555555555555555555555555', 'b3:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 8, 7, 7, NULL, NULL, NULL, '2026-10-02T10:00:07.000000000Z');
