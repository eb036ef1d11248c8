-- Version 1. Times are microseconds since 1970-01-01 UTC.

CREATE TABLE run (
    id           INTEGER PRIMARY KEY,
    evidence     TEXT    NOT NULL UNIQUE,
    taken_at     INTEGER NOT NULL,
    tool_version TEXT    NOT NULL,
    complete     INTEGER NOT NULL CHECK (complete IN (0, 1)),
    -- JSON list of account ids, sorted: runs over the same accounts can be compared.
    accounts     TEXT    NOT NULL,
    findings     INTEGER NOT NULL DEFAULT 0,
    failing      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX run_over ON run (accounts, taken_at);

CREATE TABLE control_score (
    run      INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    control  TEXT    NOT NULL,
    level    INTEGER CHECK (level BETWEEN 0 AND 4),
    lo       REAL,
    hi       REAL,
    coverage REAL    NOT NULL,
    detail   TEXT    NOT NULL,
    PRIMARY KEY (run, control)
) STRICT, WITHOUT ROWID;

-- Only populations that were listed to their end.
CREATE TABLE population (
    account TEXT    NOT NULL,
    region  TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    run     INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    count   INTEGER NOT NULL,
    PRIMARY KEY (account, region, kind, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX population_of_run ON population (run);

-- Ids of checks and controls, which repeat in every row.
CREATE TABLE word (
    id   INTEGER PRIMARY KEY,
    text TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE asset (
    id   INTEGER PRIMARY KEY,
    text TEXT    NOT NULL UNIQUE
) STRICT;

-- One row for each finding ever seen: what it is, and what is known of it as of `last_observed_at`.
-- Outcomes: 0 not applicable, 1 pass, 2 manual, 3 unknown, 4 fail. Severities: 0 info to 4 critical.
CREATE TABLE finding (
    id                INTEGER PRIMARY KEY,
    fingerprint       BLOB    NOT NULL UNIQUE CHECK (length(fingerprint) = 16),
    check_id          INTEGER NOT NULL REFERENCES word,
    asset             INTEGER NOT NULL REFERENCES asset,
    control           INTEGER REFERENCES word,
    outcome           INTEGER,
    severity          INTEGER,
    first_observed_at INTEGER,
    last_observed_at  INTEGER,
    failing_since     INTEGER,
    fixed_at          INTEGER,
    reopened          INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Every outcome of every run: what differences and trends are made from.
CREATE TABLE observation (
    run      INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    finding  INTEGER NOT NULL REFERENCES finding,
    control  INTEGER NOT NULL REFERENCES word,
    outcome  INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    PRIMARY KEY (run, finding)
) STRICT, WITHOUT ROWID;
