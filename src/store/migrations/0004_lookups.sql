-- Format 4: how the passages of a run were looked up, what retrievers answered, and passages that a bot says it answered from.

-- One row per suite and variant whose prompt takes passages, in the order of the plan: the name that the project gives
-- it, and its kind.
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

-- JSON list of objects with id, title and text, each as far as it was said; null where the bot does not say.
ALTER TABLE answers ADD COLUMN passages TEXT;

DROP VIEW answer_rows;
CREATE VIEW answer_rows AS
SELECT 'b3:' || lower(hex(a.request)) AS request, a.usable, e.provider, e.model, e.reported, a.stop, a.input_tokens,
       a.output_tokens, a.latency_ms, a.cost, strftime('%Y-%m-%dT%H:%M:%fZ', a.received / 1e9, 'unixepoch') AS received,
       a.text, a.tool_calls, a.citations, a.passages
FROM answers a JOIN engines e ON e.id = a.engine;

-- Answers of the user's own retrievers that a run used; they are answers like any other, found by their requests.
CREATE TABLE lookups (
    run    INTEGER NOT NULL REFERENCES runs (number),
    answer INTEGER NOT NULL REFERENCES answers (id),
    PRIMARY KEY (run, answer)
) STRICT, WITHOUT ROWID;
