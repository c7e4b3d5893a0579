PRAGMA application_id = 1919377781;
PRAGMA user_version = 4;
CREATE VIEW answer_rows AS
SELECT 'b3:' || lower(hex(a.request)) AS request, a.usable, e.provider, e.model, e.reported, a.stop, a.input_tokens,
       a.output_tokens, a.latency_ms, a.cost, strftime('%Y-%m-%dT%H:%M:%fZ', a.received / 1e9, 'unixepoch') AS received,
       a.text, a.tool_calls, a.citations, a.passages
FROM answers a JOIN engines e ON e.id = a.engine;
CREATE VIEW judgement_rows AS
SELECT j.trial, j.position, j.scorer, j.model, j.cached, j.cost, j.sent, a.input_tokens, a.output_tokens, a.latency_ms,
       a.text AS reply, j.error_kind, j.error_message, 'b3:' || lower(hex(j.request)) AS request
FROM judgements j LEFT JOIN answers a ON a.id = j.answer;
CREATE VIEW score_rows AS
SELECT t.id AS trial, s.value ->> 0 AS name, s.value ->> 1 AS kind, s.value ->> 2 AS required, s.value ->> 3 AS state,
       s.value ->> 4 AS value, s.value ->> 5 AS pass, f.value ->> 0 AS reason, f.value -> 1 AS evidence
FROM trials t, json_each(t.scores) s, json_each(t.findings) f WHERE f.key = s.key;
CREATE VIEW trial_rows AS
SELECT r.id AS run, c.suite, c.name AS case_id, c.phrasing, v.prompt, v.model, t.repeat, t.outcome, t.action, t.cached,
       t.cost, t.tier, t.weight, a.stop, a.input_tokens, a.output_tokens, a.latency_ms, a.text AS answer,
       t.error_kind, t.error_status, t.error_message,
       (SELECT json_group_array(json_object('role', o.role, 'content', o.text))
        FROM (SELECT m.value ->> 0 AS role, x.text FROM json_each(t.messages) m JOIN texts x ON x.id = m.value ->> 1
              ORDER BY m.key) o) AS messages, 'b3:' || lower(hex(coalesce(t.request, a.request))) AS request,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.finished / 1e9, 'unixepoch') AS finished, t.id AS trial, t.follow_up
FROM trials t
JOIN runs r ON r.number = t.run
JOIN cases c ON c.id = t.case_id
JOIN variants v ON v.id = t.variant
LEFT JOIN answers a ON a.id = t.answer;
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
, citations TEXT, passages TEXT) STRICT;
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
CREATE TABLE cases (
    id       INTEGER PRIMARY KEY,
    suite    TEXT NOT NULL,
    name     TEXT NOT NULL,
    phrasing TEXT NOT NULL,
    UNIQUE (suite, name, phrasing)
) STRICT;
CREATE TABLE dialogues (
    trial               INTEGER PRIMARY KEY REFERENCES trials (id),
    empty               INTEGER NOT NULL CHECK (empty IN (0, 1)),
    input_tokens        INTEGER,
    output_tokens       INTEGER,
    cached_input_tokens INTEGER,
    reasoning_tokens    INTEGER,
    latency_ms          REAL NOT NULL,
    first_token_ms      REAL,
    turns               TEXT NOT NULL
) STRICT;
CREATE TABLE engines (
    id       INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    identity TEXT NOT NULL,
    reported TEXT,
    UNIQUE (provider, model, identity, reported)
) STRICT;
CREATE TABLE judgements (
    trial         INTEGER NOT NULL REFERENCES trials (id),
    position      INTEGER NOT NULL,
    scorer        TEXT NOT NULL,
    model         TEXT NOT NULL,
    engine        INTEGER NOT NULL REFERENCES engines (id),
    request       BLOB NOT NULL,
    answer        INTEGER REFERENCES answers (id),
    cached        INTEGER NOT NULL CHECK (cached IN (0, 1)),
    cost          REAL,
    sent          INTEGER NOT NULL,
    error_kind    TEXT,
    error_status  INTEGER,
    error_message TEXT,
    PRIMARY KEY (trial, position),
    CHECK ((error_kind IS NULL) = (error_message IS NULL))
) STRICT, WITHOUT ROWID;
CREATE TABLE layer_trials(
  until,
  id INT,
  run INT,
  case_id INT,
  variant INT,
  repeat INT,
  outcome TEXT,
  "action" TEXT,
  cached INT,
  cost REAL,
  tier TEXT,
  weight REAL,
  golden INT,
  case_hash,
  prompt_hash,
  knowledge_hash,
  scorers_hash,
  model_hash,
  request,
  answer INT,
  facts INT,
  messages TEXT,
  passages INT,
  finished INT,
  sent INT,
  waited_ms REAL,
  error_kind TEXT,
  error_status INT,
  error_message TEXT,
  scores TEXT,
  findings TEXT
, follow_up TEXT);
CREATE TABLE layers (
    run     INTEGER NOT NULL REFERENCES runs (number),
    layer   INTEGER NOT NULL,
    scored  INTEGER NOT NULL,
    program TEXT NOT NULL,
    trials  INTEGER NOT NULL,
    PRIMARY KEY (run, layer)
) STRICT, WITHOUT ROWID;
CREATE TABLE lookups (
    run    INTEGER NOT NULL REFERENCES runs (number),
    answer INTEGER NOT NULL REFERENCES answers (id),
    PRIMARY KEY (run, answer)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rounds (
    trial    INTEGER NOT NULL REFERENCES trials (id),
    position INTEGER NOT NULL,
    answer   INTEGER NOT NULL REFERENCES answers (id),
    PRIMARY KEY (trial, position)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE run_retrievals (
    run      TEXT NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    suite    TEXT NOT NULL,
    prompt   TEXT NOT NULL,
    model    TEXT NOT NULL,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    PRIMARY KEY (run, position)
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
CREATE TABLE "runs" (
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
CREATE TABLE texts (
    id    INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    text  TEXT NOT NULL,
    UNIQUE (scope, hash)
) STRICT;
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
    findings       TEXT NOT NULL, follow_up TEXT CHECK (follow_up IN ('confirm', 'disagreement', 'history')),
    UNIQUE (run, case_id, variant, repeat),
    CHECK (request IS NOT NULL OR answer IS NOT NULL),
    CHECK ((sent IS NULL) = (waited_ms IS NULL)),
    CHECK ((error_kind IS NULL) = (error_message IS NULL))
) STRICT;
CREATE TABLE variants (
    id     INTEGER PRIMARY KEY,
    prompt TEXT NOT NULL,
    model  TEXT NOT NULL,
    UNIQUE (prompt, model)
) STRICT;
CREATE INDEX answers_by_request ON answers (request, usable);
CREATE UNIQUE INDEX layer_trials_by_key ON layer_trials (run, case_id, variant, repeat, until);
CREATE INDEX rounds_by_answer ON rounds (answer);
CREATE INDEX run_models_by_model ON run_models (provider, model, run);
CREATE INDEX run_suites_by_suite ON run_suites (suite, run);
CREATE INDEX run_tags_by_tag ON run_tags (tag, run);
CREATE INDEX trials_by_outcome ON trials (run, variant, outcome, follow_up, case_id, cost);
INSERT INTO answers VALUES (1, x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', 1, 1, x'af1349b9f5f9a1a6a0404dea36dcc949', 0, 'tool-calls', 10, 4, NULL, NULL, 1.5, NULL, 0.25, 1790935203143000000, '[{"id":"call_9","name":"find_order","arguments":{"order":17}}]', '', NULL, NULL);
INSERT INTO answers VALUES (2, x'c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2', 1, 1, x'4bcdfaebc9c79f8c1f50b4ddc545a2f8', 0, 'end', 10, 4, NULL, NULL, 1.5, NULL, 0.5, 1790935203143000000, NULL, 'It is at the depot.', NULL, NULL);
INSERT INTO answers VALUES (3, x'c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4', 1, 1, x'c8c83f73924f7f2195ddb1b8a7ab81a4', 0, 'end', 10, 4, NULL, NULL, 1.5, NULL, NULL, 1790935203143000000, NULL, 'Thanks.', NULL, NULL);
INSERT INTO answers VALUES (4, x'c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3', 1, 1, x'6e8def182a7b67ae5180d355e0eac677', 0, 'end', 10, 4, NULL, NULL, 2.5, NULL, 0.25, 1790935203143000000, NULL, 'You''re welcome!', NULL, NULL);
INSERT INTO answers VALUES (5, x'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1, 2, x'b0839a9e45d261336468a4c28e2693b0', 0, 'tool-calls', 512, 40, 128, 7, 843.0625, 211.75, 0.000193, 1790935203143000000, '[{"id":"call_1","name":"open_ticket","arguments":{"order":17,"ratio":0.30000000000000004,"note":null}},{"id":"call_2","name":"broken","arguments":"{not json"}]', 'You have 30 days. Is that all right?', '["returns#window"]', '[{"id":"returns#window"},{"id":"wiki/7","title":"Wiki","text":"30 days."}]');
INSERT INTO answers VALUES (6, x'e1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', 1, 3, x'32b6ef2009b14994391c1ceab0e3d67c', 0, 'end', 300, 20, NULL, NULL, 51.5, NULL, 0.0021, 1790935203143000000, NULL, '{"mark": "ab12", "answers": []}', NULL, NULL);
INSERT INTO answers VALUES (7, x'e2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2', 1, 3, x'4d70263728367cc0ba1b00d8dc9c3c1f', 0, 'end', 300, 20, NULL, NULL, 51.5, NULL, NULL, 1790935203143000000, NULL, 'no verdict ''at all''', NULL, NULL);
INSERT INTO answers VALUES (8, x'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 1, 1, x'5af72f8866cfedaf0bac0502cfa00d02', 0, 'end', NULL, NULL, NULL, NULL, 12.25, NULL, NULL, 1790935203300000000, NULL, 'You have 30 days.', NULL, NULL);
INSERT INTO answers VALUES (9, x'dddddddddddddddddddddddddddddddd', 0, 1, x'af1349b9f5f9a1a6a0404dea36dcc949', 1, 'content-filter', NULL, NULL, NULL, NULL, 12.25, NULL, 0.0, 1790935206000000000, NULL, '', NULL, NULL);
INSERT INTO answers VALUES (10, x'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 0, 5, x'5af72f8866cfedaf0bac0502cfa00d02', 0, 'other:pause_turn', NULL, NULL, NULL, NULL, 12.25, NULL, 0.0, 1790935207000000000, NULL, 'You have 30 days.', NULL, '[]');
INSERT INTO answers VALUES (11, x'bbbbbbbbbbbbbbbbbbbbbbbbbbbb0f03', 1, 1, x'e40ed44aadc6910085ca604a549143f2', 0, 'end', NULL, NULL, NULL, NULL, 12.25, NULL, NULL, 1790935203300000000, NULL, 'You have 30 days. Asked again.', NULL, NULL);
INSERT INTO attempts VALUES (1, 0, 1790935200250000000, 35.5, 12.5, 'rate-limited', 429, 'the endpoint asks to wait 2 s');
INSERT INTO attempts VALUES (1, 1, 1790935202300000000, 843.0625, 2000.0, NULL, NULL, NULL);
INSERT INTO attempts VALUES (2, 0, 1790935200250000000, 35.5, 12.5, 'rate-limited', 429, 'the endpoint asks to wait 2 s');
INSERT INTO attempts VALUES (2, 1, 1790935202300000000, 843.0625, 2000.0, NULL, NULL, NULL);
INSERT INTO attempts VALUES (4, 0, 1790935204000000000, 1.0, 0.0, 'network', NULL, 'connection refused');
INSERT INTO attempts VALUES (4, 1, 1790935205000000001, 1.5, 0.0, 'network', NULL, 'connection refused');
INSERT INTO cases VALUES (1, 'faq', 'parcel', '');
INSERT INTO cases VALUES (2, 'faq', 'return-window', '');
INSERT INTO cases VALUES (3, 'faq', 'return-window', '0badc0de');
INSERT INTO cases VALUES (4, 'faq', 'shipping', '');
INSERT INTO dialogues VALUES (1, 0, 30, 12, NULL, NULL, 5.5, NULL, '[["Where is my parcel?",["answer","clarify"],"act","failed",1,[[1,[["{\"at\":\"depot\"}","script"]]],[0,[]]],["small",0]],["Thanks.",[],null,"skipped",0,[[0,[]]],null]]');
INSERT INTO engines VALUES (1, 'embedded', 'qwen2.5-coder-0.5b-instruct', '{"engine":"candle 0.11.1","weights":"b3:ffffffffffffffffffffffffffffffff"}', NULL);
INSERT INTO engines VALUES (2, 'embedded', 'qwen2.5-coder-0.5b-instruct', '{"engine":"candle 0.11.1","weights":"b3:ffffffffffffffffffffffffffffffff"}', 'qwen2.5-coder-0.5b-instruct-q4');
INSERT INTO engines VALUES (3, 'openai', 'referee-1', 'null', 'referee-1-2026');
INSERT INTO engines VALUES (4, 'openai', 'referee-1', 'null', NULL);
INSERT INTO engines VALUES (5, 'openai', 'gpt-5-mini', 'null', NULL);
INSERT INTO judgements VALUES (2, 0, 'tone', 'referee', 3, x'e1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', 6, 0, 0.0021, 2, NULL, NULL, NULL);
INSERT INTO judgements VALUES (2, 1, 'tone', 'referee', 3, x'e2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2', 7, 0, NULL, 1, NULL, NULL, NULL);
INSERT INTO judgements VALUES (2, 2, 'tone', 'referee', 4, x'e3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3', NULL, 0, NULL, 3, 'timeout', NULL, 'no answer within 60 s');
INSERT INTO lookups VALUES (1, 5);
INSERT INTO meta VALUES ('format', '4');
INSERT INTO meta VALUES ('program', 'any');
INSERT INTO rounds VALUES (1, 0, 1);
INSERT INTO rounds VALUES (1, 1, 2);
INSERT INTO rounds VALUES (1, 2, 3);
INSERT INTO rounds VALUES (1, 3, 4);
INSERT INTO run_limits VALUES (1, 0, 1790935200000000000, 'https://api.example.com/v1', 8, 0, 'start');
INSERT INTO run_limits VALUES (1, 1, 1790935200000000000, 'https://api.example.com/v1', 4, 2000, 'rate-limited');
INSERT INTO run_models VALUES ('0199a3c0-1111-7000-8000-000000000001', 0, 'small', 'embedded', 'qwen2.5-coder-0.5b-instruct', '{"engine":"candle 0.11.1","weights":"b3:ffffffffffffffffffffffffffffffff"}');
INSERT INTO run_models VALUES ('0199a3c0-1111-7000-8000-000000000001', 1, 'replayed', 'openai', 'gpt-5-mini', 'null');
INSERT INTO run_retrievals VALUES ('0199a3c0-1111-7000-8000-000000000001', 0, 'faq', 'support', 'small', 'wide', 'hybrid');
INSERT INTO run_retrievals VALUES ('0199a3c0-1111-7000-8000-000000000001', 1, 'refunds', 'support', 'small', 'gold', 'gold');
INSERT INTO run_suites VALUES ('0199a3c0-1111-7000-8000-000000000001', 0, 'faq');
INSERT INTO run_suites VALUES ('0199a3c0-1111-7000-8000-000000000001', 1, 'refunds');
INSERT INTO run_tags VALUES ('0199a3c0-1111-7000-8000-000000000001', 'baseline');
INSERT INTO run_tags VALUES ('0199a3c0-1111-7000-8000-000000000001', 'release/1.0');
INSERT INTO run_variants VALUES ('0199a3c0-1111-7000-8000-000000000001', 0, 'support', 'small');
INSERT INTO run_variants VALUES ('0199a3c0-1111-7000-8000-000000000001', 1, 'terse', 'replayed');
INSERT INTO runs VALUES (1, '0199a3c0-1111-7000-8000-000000000001', '2026-10-02T10:00:00.000000000Z', '2026-10-02T10:00:08.500000000Z', 'stopped', 'interrupted by the user', '0.1.0', '{"suites":["faq"],"cases":[],"tags":[],"areas":[],"prompts":[],"models":[],"repeats":null,"seed":null}', 6, -1, '0123456789abcdef0123456789abcdef01234567', 'main', 1, x'11111111111111111111111111111111', x'33333333333333333333333333333333', x'55555555555555555555555555555555', x'77777777777777777777777777777777', x'99999999999999999999999999999999');
INSERT INTO texts VALUES (1, 1, x'12e8ef207066acc759d32752f3940e2d', '{"input":"Where is my parcel?","goldens":["You have 30 days.","30 days from delivery."],"sources":["returns#return-window","returns"],"expect":["answer","clarify"],"tags":["faq","returns"],"owner":"maria","area":"returns","lang":"en"}');
INSERT INTO texts VALUES (2, 0, x'04ffbd7325aae817b435d76acc2de003', 'You answer for Volta.
''quoted'' text');
INSERT INTO texts VALUES (3, 0, x'146e2f05763957c93c85930d09579d87', 'Hi!');
INSERT INTO texts VALUES (4, 1, x'1fc19d29500b715708681e7d56458027', 'How long do I have to send my bike back?');
INSERT INTO texts VALUES (5, 0, x'bca4b5960c86b738e28752af777bbe30', '[{"id":"returns#return-window","heading":"Return a bike › Return window","text":"You have 30 days.","hash":"b3:77777777777777777777777777777777"}]');
INSERT INTO texts VALUES (6, 2, x'3ab2711d8d91d666782447346e0f20ab', '{"input":"How long do I have to send my bike back?","history":[{"role":"customer","text":"Hello"},{"role":"agent","text":"Hi! How can I help?"}],"goldens":["You have 30 days.","30 days from delivery."],"sources":["returns#return-window","returns"],"expect":["answer","clarify"],"tags":["faq","returns"],"owner":"maria","area":"returns","lang":"en"}');
INSERT INTO texts VALUES (7, 2, x'1fc19d29500b715708681e7d56458027', 'How long do I have to send my bike back?');
INSERT INTO texts VALUES (8, 3, x'930f988a8fcba2234478fb354894bf9a', '{"input":"return period??","history":[{"role":"customer","text":"Hello"},{"role":"agent","text":"Hi! How can I help?"}],"goldens":["You have 30 days.","30 days from delivery."],"sources":["returns#return-window","returns"],"expect":["answer","clarify"],"tags":["faq","returns"],"owner":"maria","area":"returns","lang":"en"}');
INSERT INTO texts VALUES (9, 3, x'1fc19d29500b715708681e7d56458027', 'How long do I have to send my bike back?');
INSERT INTO texts VALUES (10, 4, x'8d7a7957842190d5f36d56bb6fc19e9a', '{"input":"Bună, cât durează?","lang":"ro"}');
INSERT INTO trials VALUES (1, 1, 1, 1, 1, 'failed', 'act', 0, 1.0, 'critical', 3.5, 1, x'11111111111111111111111111111111', x'22222222222222222222222222222222', x'33333333333333333333333333333333', x'44444444444444444444444444444444', x'55555555555555555555555555555555', NULL, 4, 1, '[["system",2],["assistant",3],["user",4]]', 5, 1790935203143000000, NULL, NULL, NULL, NULL, NULL, '[["turn 1: golden","golden",1,"scored",0.8125,1,"matched"]]', '[["close to an accepted answer",[["matched",[9,16],"30 days","returns#return-window","You have 30 days."]]]]', NULL);
INSERT INTO trials VALUES (2, 1, 2, 1, 1, 'passed', 'act', 0, 0.000193, 'critical', 3.5, 1, x'11111111111111111111111111111111', x'22222222222222222222222222222222', x'33333333333333333333333333333333', x'44444444444444444444444444444444', x'55555555555555555555555555555555', NULL, 5, 6, '[["system",2],["assistant",3],["user",7]]', 5, 1790935203143000000, NULL, NULL, NULL, NULL, NULL, '[["golden","golden",1,"scored",0.8125,1,"matched"],["length","length",0,"scored",0.0,0,""],["action","action",1,"not-applicable",null,null,""],["json-schema","json-schema",0,"unparsed",null,null,""],["judge","judge",0,"judge-error",null,null,"differs"],["tone","judge",0,"scored",0.5,0,"no","8888888888888888888888888888888a","uncertified"]]', '[["close to an accepted answer",[["matched",[9,16],"30 days","returns#return-window","You have 30 days."]]],["8 words, at most 5",[]],["the case expects nothing",[]],["not JSON",[]],["the judge did not answer",[["differs",null,"",null,null]]],["the judge says no to 1 of 2 questions: Is it kind?",[["no",null,"Is it kind?",null,"curt"],["self-agreement",null,"2 of 3",null,null]]]]', NULL);
INSERT INTO trials VALUES (3, 1, 2, 1, 2, 'failed', 'answer', 0, NULL, 'critical', 3.5, 1, x'11111111111111111111111111111111', x'22222222222222222222222222222222', x'33333333333333333333333333333333', x'44444444444444444444444444444444', x'66666666666666666666666666666666', NULL, 8, 6, '[["system",2],["assistant",3],["user",7]]', 5, 1790935203300000000, 1790935203200000000, 0.25, NULL, NULL, NULL, '[["golden","golden",1,"scored",0.25,0,""]]', '[["far from every accepted answer",[]]]', NULL);
INSERT INTO trials VALUES (4, 1, 3, 1, 1, 'errored', NULL, 0, NULL, 'critical', 3.5, 1, x'22222222222222222222222222222222', x'22222222222222222222222222222222', x'33333333333333333333333333333333', x'44444444444444444444444444444444', x'55555555555555555555555555555555', x'cccccccccccccccccccccccccccccccc', NULL, 8, '[["system",2],["assistant",3],["user",9]]', NULL, 1790935205500000000, NULL, NULL, 'network', NULL, 'connection refused', '[]', '[]', NULL);
INSERT INTO trials VALUES (5, 1, 4, 1, 1, 'refused', NULL, 0, 0.0, 'standard', 1.0, 0, x'99999999999999999999999999999999', x'22222222222222222222222222222222', x'33333333333333333333333333333333', x'44444444444444444444444444444444', x'55555555555555555555555555555555', NULL, 9, 10, '[]', NULL, 1790935206000000000, NULL, NULL, NULL, NULL, NULL, '[]', '[]', NULL);
INSERT INTO trials VALUES (6, 1, 4, 2, 1, 'skipped', 'escalate', 1, 0.0, 'standard', 1.0, 0, x'99999999999999999999999999999999', x'33333333333333333333333333333333', x'33333333333333333333333333333333', x'44444444444444444444444444444444', x'55555555555555555555555555555555', NULL, 10, 10, '[]', NULL, 1790935207000000000, NULL, NULL, NULL, NULL, NULL, '[]', '[]', NULL);
INSERT INTO trials VALUES (7, 1, 2, 1, 3, 'failed', 'answer', 0, NULL, 'critical', 3.5, 1, x'11111111111111111111111111111111', x'22222222222222222222222222222222', x'33333333333333333333333333333333', x'44444444444444444444444444444444', x'66666666666666666666666666666666', NULL, 11, 6, '[["system",2],["assistant",3],["user",7]]', 5, 1790935203300000000, 1790935203200000000, 0.25, NULL, NULL, NULL, '[["golden","golden",1,"scored",0.25,0,""]]', '[["far from every accepted answer",[]]]', 'confirm');
INSERT INTO variants VALUES (1, 'support', 'small');
INSERT INTO variants VALUES (2, 'terse', 'replayed');
