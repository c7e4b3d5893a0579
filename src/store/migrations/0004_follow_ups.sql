-- Format 4: follow-ups, which are trials that were asked beside the planned ones.

-- Why: `confirm`, `disagreement` or `history`; null for a planned trial. Whoever counts, counts planned trials.
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
