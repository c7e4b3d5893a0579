-- Format 4: how the passages of a run were looked up.

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
