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
