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
