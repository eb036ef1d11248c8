//! Takes old runs out of the history, and what only they knew.

use rusqlite::{Connection, TransactionBehavior, named_params};

use crate::history::{Keep, Pruned};

/// What stands for "no such rule" where a time is compared.
const NEVER: i64 = i64::MAX;

pub(super) fn prune(connection: &mut Connection, keep: &Keep) -> rusqlite::Result<Pruned> {
    if keep.runs.is_none() && keep.since.is_none() {
        return Ok(Pruned::default());
    }
    // Each row that goes would be looked for in every table that may refer to it; here all of them are told.
    connection.pragma_update(None, "foreign_keys", false)?;
    let pruned = take_out(connection, keep);
    connection.pragma_update(None, "foreign_keys", true)?;
    pruned
}

fn take_out(connection: &mut Connection, keep: &Keep) -> rusqlite::Result<Pruned> {
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // The newest run over each set of accounts always stays.
    let newest = keep.runs.map_or(1, |runs| i64::from(runs).max(1));
    let since = keep.since.map_or(NEVER, |since| since.as_microsecond());
    step.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS old_run (id INTEGER PRIMARY KEY); DELETE FROM old_run;",
    )?;
    let runs = step.execute(
        "INSERT INTO old_run
         SELECT id FROM (SELECT id, taken_at, row_number() OVER (PARTITION BY scope ORDER BY taken_at DESC, id DESC) AS place
                         FROM run)
         WHERE place > :newest AND taken_at < :since",
        named_params! { ":newest": newest, ":since": since },
    )?;
    if runs == 0 {
        return Ok(Pruned::default());
    }
    // A level that has lasted goes on lasting, although the runs that show it go; a run that did not measure
    // the control breaks it. What has not been seen mended stays a failure: the last that was seen of it stays.
    step.execute_batch(
        "DELETE FROM sustained WHERE EXISTS (
             SELECT 1 FROM run
             LEFT JOIN control_score ON control_score.run = run.id AND control_score.control = sustained.control
             WHERE run.scope = sustained.scope
               AND coalesce(control_score.level, 0) < 3 AND run.taken_at >= sustained.since);
         INSERT INTO sustained (scope, control, since)
         SELECT scope, control, min(taken_at)
         FROM (SELECT known.scope, known.control, run.taken_at,
                      max(run.taken_at) FILTER (WHERE coalesce(control_score.level, 0) < 3)
                          OVER (PARTITION BY known.scope, known.control) AS broken_at
               FROM (SELECT DISTINCT scope, control FROM run JOIN control_score ON control_score.run = run.id)
                        AS known
               JOIN run ON run.scope = known.scope
               LEFT JOIN control_score ON control_score.run = run.id AND control_score.control = known.control)
         WHERE broken_at IS NULL OR taken_at > broken_at
         GROUP BY scope, control
         ON CONFLICT (scope, control) DO UPDATE SET since = min(since, excluded.since);
         DELETE FROM layer_score WHERE run IN (SELECT id FROM old_run);
         DELETE FROM control_score WHERE run IN (SELECT id FROM old_run);
         DELETE FROM population WHERE run IN (SELECT id FROM old_run);
         DELETE FROM run WHERE id IN (SELECT id FROM old_run);
         DELETE FROM finding_state WHERE NOT EXISTS (
             SELECT 1 FROM run WHERE run.scope = finding_state.scope
                               AND run.number >= from_run AND run.number < to_run)
           AND (EXISTS (SELECT 1 FROM finding_state AS later
                        WHERE later.scope = finding_state.scope AND later.finding = finding_state.finding
                          AND later.from_run > finding_state.from_run)
                OR EXISTS (SELECT 1 FROM finding
                           WHERE finding.id = finding_state.finding AND failing_since IS NULL));
         DELETE FROM asset_state WHERE NOT EXISTS (
             SELECT 1 FROM run WHERE run.scope = asset_state.scope
                               AND run.number >= from_run AND run.number < to_run);
         CREATE TEMP TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY);
         DELETE FROM kept;
         INSERT INTO kept SELECT DISTINCT finding FROM finding_state;",
    )?;
    // What still fails is remembered with its age, whoever saw it last.
    let findings = step
        .execute("DELETE FROM finding WHERE failing_since IS NULL AND id NOT IN (SELECT id FROM kept)", [])?;
    step.execute_batch(
        "DELETE FROM kept;
         INSERT OR IGNORE INTO kept SELECT asset FROM asset_state;
         INSERT OR IGNORE INTO kept SELECT asset FROM finding;
         DELETE FROM asset WHERE id NOT IN (SELECT id FROM kept);
         DELETE FROM signature WHERE id NOT IN (SELECT signature FROM asset_state);
         DELETE FROM kept;
         DELETE FROM old_run;",
    )?;
    step.commit()?;
    Ok(Pruned { runs, findings })
}
