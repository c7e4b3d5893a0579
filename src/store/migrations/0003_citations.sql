-- Format 3: the sources that an endpoint names beside its answer.

-- JSON list of texts; null where there are none.
ALTER TABLE answers ADD COLUMN citations TEXT;

DROP VIEW answer_rows;
CREATE VIEW answer_rows AS
SELECT 'b3:' || lower(hex(a.request)) AS request, a.usable, e.provider, e.model, e.reported, a.stop, a.input_tokens,
       a.output_tokens, a.latency_ms, a.cost, strftime('%Y-%m-%dT%H:%M:%fZ', a.received / 1e9, 'unixepoch') AS received,
       a.text, a.tool_calls, a.citations
FROM answers a JOIN engines e ON e.id = a.engine;
