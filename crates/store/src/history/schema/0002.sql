-- Version 2. What changes is kept, not what stays the same: a state is written when a run first sees it and
-- ends with the run that sees something else. Taking a run out only takes the states that no other run saw.

-- Runs over the same accounts are one row of runs, numbered from 1 in the order in which they were recorded.
-- `last` is the number of the newest; a number is never given again.
CREATE TABLE scope (
    id       INTEGER PRIMARY KEY,
    accounts TEXT    NOT NULL UNIQUE,
    last     INTEGER NOT NULL
) STRICT;
INSERT INTO scope (accounts, last) SELECT accounts, count(*) FROM run GROUP BY accounts;

ALTER TABLE run ADD COLUMN scope  INTEGER REFERENCES scope;
ALTER TABLE run ADD COLUMN number INTEGER;
UPDATE run SET
    scope  = (SELECT id FROM scope WHERE scope.accounts = run.accounts),
    number = (SELECT count(*) FROM run AS earlier WHERE earlier.accounts = run.accounts AND earlier.id <= run.id);
CREATE UNIQUE INDEX run_in_scope ON run (scope, number);

-- The layers, and `overall`.
CREATE TABLE layer_score (
    run   INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    layer TEXT    NOT NULL,
    level INTEGER CHECK (level BETWEEN 0 AND 4),
    lo    REAL,
    hi    REAL,
    PRIMARY KEY (run, layer)
) STRICT, WITHOUT ROWID;

ALTER TABLE asset ADD COLUMN kind    INTEGER REFERENCES word;
ALTER TABLE asset ADD COLUMN account INTEGER REFERENCES word;
ALTER TABLE asset ADD COLUMN region  INTEGER REFERENCES word;

-- Who holds the controls of an asset, as JSON: most assets share a few of these.
CREATE TABLE signature (
    id     INTEGER PRIMARY KEY,
    digest BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32),
    lines  TEXT    NOT NULL
) STRICT;

-- Runs are meant by their number in the scope: the state holds in `from_run` and the runs after it, and no
-- longer in `to_run`, which is the largest integer while the state stands. There are very many states, so
-- nothing checks what they refer to; whoever takes runs out takes out what nothing refers to any more.
CREATE TABLE asset_state (
    scope     INTEGER NOT NULL,
    asset     INTEGER NOT NULL,
    from_run  INTEGER NOT NULL,
    to_run    INTEGER NOT NULL,
    signature INTEGER NOT NULL,
    PRIMARY KEY (scope, asset, from_run)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding_state (
    scope    INTEGER NOT NULL,
    finding  INTEGER NOT NULL,
    from_run INTEGER NOT NULL,
    to_run   INTEGER NOT NULL,
    control  INTEGER NOT NULL,
    outcome  INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    -- Why it was not seen; null where it was, or where that was not kept.
    why      INTEGER,
    PRIMARY KEY (scope, finding, from_run)
) STRICT, WITHOUT ROWID;
INSERT INTO finding_state (scope, finding, from_run, to_run, control, outcome, severity)
    SELECT scope, finding, min(number),
           CASE WHEN max(number) = last THEN 9223372036854775807 ELSE max(number) + 1 END,
           control, outcome, severity
    FROM (SELECT run.scope, scope.last, run.number, observation.finding, observation.control,
                 observation.outcome, observation.severity,
                 run.number - row_number() OVER (
                     PARTITION BY run.scope, observation.finding, observation.control, observation.outcome,
                                  observation.severity
                     ORDER BY run.number) AS stretch
          FROM observation
          JOIN run ON run.id = observation.run
          JOIN scope ON scope.id = run.scope)
    GROUP BY scope, finding, control, outcome, severity, stretch;
DROP TABLE observation;

ALTER TABLE finding ADD COLUMN why INTEGER REFERENCES word;

-- Since when a control was at level 3 or above, where the runs that show it were taken out.
CREATE TABLE sustained (
    scope   INTEGER NOT NULL REFERENCES scope,
    control TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (scope, control)
) STRICT, WITHOUT ROWID;
