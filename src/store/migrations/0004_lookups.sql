-- Format 4: how the passages of a run were looked up, what retrievers answered, passages that a bot says it answered from, and
-- trials beside the planned ones.

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

-- Follow-ups are trials that were asked beside the planned ones. Why: `confirm`, `disagreement` or `history`; null for a planned trial. Whoever counts, counts planned trials.
ALTER TABLE trials ADD COLUMN follow_up TEXT CHECK (follow_up IN ('confirm', 'disagreement', 'history'));
ALTER TABLE layer_trials ADD COLUMN follow_up TEXT;

DROP INDEX trials_by_outcome;
CREATE INDEX trials_by_outcome ON trials (run, variant, outcome, follow_up, case_id, cost);

DROP VIEW trial_rows;
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
