-- Format 3: sources that an endpoint names, conversations turn by turn, judges, and further layers of scores.

-- JSON list of texts; null where there are none.
ALTER TABLE answers ADD COLUMN citations TEXT;

DROP VIEW answer_rows;
CREATE VIEW answer_rows AS
SELECT 'b3:' || lower(hex(a.request)) AS request, a.usable, e.provider, e.model, e.reported, a.stop, a.input_tokens,
       a.output_tokens, a.latency_ms, a.cost, strftime('%Y-%m-%dT%H:%M:%fZ', a.received / 1e9, 'unixepoch') AS received,
       a.text, a.tool_calls, a.citations
FROM answers a JOIN engines e ON e.id = a.engine;

-- Scripted conversations: what was said turn by turn, and the answers that it is made of.

-- One row per conversation, with the sums over its answers that totals need; they are null where they are not
-- known. `turns` is a JSON list of `[say, expect, action, outcome, scores, rounds, reply]`, `scores` being the number of
-- the trial's scores that are of the turn; a round is `[cached, results]`, a result `[text, source]`;
-- a reply, of a simulated customer, is `[model, cached]`.
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

-- The answers of a conversation, round by round, and after those of a turn the simulated customer's reply. The
-- answer of its trial is that of the last round.
CREATE TABLE rounds (
    trial    INTEGER NOT NULL REFERENCES trials (id),
    position INTEGER NOT NULL,
    answer   INTEGER NOT NULL REFERENCES answers (id),
    PRIMARY KEY (trial, position)
) STRICT, WITHOUT ROWID;

-- Found: whether an answer is still used.
CREATE INDEX rounds_by_answer ON rounds (answer);

-- What judges were asked about an answer, in order. Their replies are answers like any other, found by their requests.
-- A score of a judge has two more parts in `scores`: the judge's fingerprint (hex) and its standing.

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

CREATE VIEW judgement_rows AS
SELECT j.trial, j.position, j.scorer, j.model, j.cached, j.cost, j.sent, a.input_tokens, a.output_tokens, a.latency_ms,
       a.text AS reply, j.error_kind, j.error_message, 'b3:' || lower(hex(j.request)) AS request
FROM judgements j LEFT JOIN answers a ON a.id = j.answer;

-- Scored again by other rules, a run has a new layer: its rows in `trials` are the newest one, the rows that they took
-- the place of are here, whole; `until` is the last layer in which a row stood. A column of `trials` is a column here.
CREATE TABLE layer_trials AS SELECT 0 AS until, * FROM trials WHERE 0;
CREATE UNIQUE INDEX layer_trials_by_key ON layer_trials (run, case_id, variant, repeat, until);

-- Layers after the first.
CREATE TABLE layers (
    run     INTEGER NOT NULL REFERENCES runs (number),
    layer   INTEGER NOT NULL,
    scored  INTEGER NOT NULL,
    program TEXT NOT NULL,
    trials  INTEGER NOT NULL,
    PRIMARY KEY (run, layer)
) STRICT, WITHOUT ROWID;
