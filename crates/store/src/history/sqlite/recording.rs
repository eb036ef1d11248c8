//! Writes a run into the history.
//!
//! First every row is written as an observation; what is known of the findings is then moved forward by
//! one statement over the observations of this run. So rows stream through, and a fingerprint that came
//! twice is settled before it counts.

use std::collections::HashMap;

use partywall_model::AccountId;
use rusqlite::{
    Connection, OptionalExtension, Statement, Transaction, TransactionBehavior, named_params, params,
};

use super::{outcome_code, severity_code};
use crate::history::{FindingRow, Recorded, RunRecord, StoreError};

/// Refuses a run with figures that no score has, before anything is written.
pub(super) fn check(run: &RunRecord) -> Result<(), StoreError> {
    let unrecordable =
        |reason: String| StoreError::Unrecordable { run: run.id.as_str().into(), reason: reason.into() };
    for row in &run.controls {
        let figures = [Some(row.coverage), row.range.map(|(lo, _)| lo), row.range.map(|(_, hi)| hi)];
        if let Some(odd) = figures.into_iter().flatten().find(|figure| !(0.0..=1.0).contains(figure)) {
            return Err(unrecordable(format!(
                "the control `{}` has the figure {odd}, not between 0 and 1",
                row.control
            )));
        }
        if let Some(level) = row.level.filter(|level| *level > 4) {
            return Err(unrecordable(format!(
                "the control `{}` has the level {level}, not between 0 and 4",
                row.control
            )));
        }
    }
    for row in &run.populations {
        if i64::try_from(row.count).is_err() {
            return Err(unrecordable(format!("the population of {} counts {}", row.kind, row.count)));
        }
    }
    Ok(())
}

/// Accounts as the schema keeps them: equal texts for equal sets.
pub(super) fn account_list(accounts: &[AccountId]) -> String {
    let mut accounts: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
    accounts.sort_unstable();
    accounts.dedup();
    serde_json::Value::from(accounts).to_string()
}

pub(super) fn record(
    connection: &mut Connection,
    run: &RunRecord,
    findings: &mut dyn Iterator<Item = FindingRow>,
) -> rusqlite::Result<Recorded> {
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let at = run.taken_at.as_microsecond();
    let added = step.execute(
        "INSERT INTO run (evidence, taken_at, tool_version, complete, accounts) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (evidence) DO NOTHING",
        params![run.id.as_str(), at, run.tool_version, run.complete, account_list(&run.accounts)],
    )?;
    if added == 0 {
        return Ok(Recorded::Already);
    }
    let id = step.last_insert_rowid();
    record_controls(&step, id, run)?;
    record_populations(&step, id, run)?;
    let mut observations = Observations::prepare(&step, id)?;
    for row in findings {
        observations.add(&row)?;
    }
    drop(observations);
    move_forward(&step, id, at)?;
    step.commit()?;
    Ok(Recorded::New)
}

fn record_controls(step: &Transaction<'_>, run: i64, record: &RunRecord) -> rusqlite::Result<()> {
    let mut insert = step.prepare(
        "INSERT INTO control_score (run, control, level, lo, hi, coverage, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for row in &record.controls {
        let (lo, hi) = row.range.unzip();
        let detail = row.detail.to_string();
        insert.execute(params![run, row.control.as_str(), row.level, lo, hi, row.coverage, detail])?;
    }
    Ok(())
}

fn record_populations(step: &Transaction<'_>, run: i64, record: &RunRecord) -> rusqlite::Result<()> {
    // Two operations may list one kind; what one of them does not show, the other does.
    let mut insert = step.prepare(
        "INSERT INTO population (account, region, kind, run, count) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET count = max(count, excluded.count)",
    )?;
    for row in &record.populations {
        let count = i64::try_from(row.count).unwrap_or(i64::MAX);
        insert.execute(params![row.account.as_str(), row.region.as_str(), row.kind.as_str(), run, count])?;
    }
    Ok(())
}

/// The statements that take findings in, prepared once.
struct Observations<'t> {
    step: &'t Transaction<'t>,
    run: i64,
    words: HashMap<Box<str>, i64>,
    /// Findings come asset by asset.
    last_asset: Option<(Box<str>, i64)>,
    find_word: Statement<'t>,
    add_word: Statement<'t>,
    find_asset: Statement<'t>,
    add_asset: Statement<'t>,
    find_finding: Statement<'t>,
    add_finding: Statement<'t>,
    observe: Statement<'t>,
}

impl<'t> Observations<'t> {
    fn prepare(step: &'t Transaction<'t>, run: i64) -> rusqlite::Result<Self> {
        Ok(Self {
            step,
            run,
            words: HashMap::new(),
            last_asset: None,
            find_word: step.prepare("SELECT id FROM word WHERE text = ?1")?,
            add_word: step.prepare("INSERT INTO word (text) VALUES (?1)")?,
            find_asset: step.prepare("SELECT id FROM asset WHERE text = ?1")?,
            add_asset: step.prepare("INSERT INTO asset (text) VALUES (?1)")?,
            find_finding: step.prepare("SELECT id FROM finding WHERE fingerprint = ?1")?,
            add_finding: step.prepare("INSERT INTO finding (fingerprint, check_id, asset) VALUES (?1, ?2, ?3)")?,
            observe: step.prepare(
                "INSERT INTO observation (run, finding, control, outcome, severity) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET outcome = max(outcome, excluded.outcome),
                                           severity = max(severity, excluded.severity)",
            )?,
        })
    }

    fn add(&mut self, row: &FindingRow) -> rusqlite::Result<()> {
        let control = self.word(row.control.as_str())?;
        let fingerprint = &row.fingerprint.0[..];
        let known = self.find_finding.query_row([fingerprint], |found| found.get(0)).optional()?;
        let finding: i64 = match known {
            Some(id) => id,
            None => {
                let check = self.word(row.check.as_str())?;
                let asset = self.asset(row.asset.as_str())?;
                self.add_finding.execute(params![fingerprint, check, asset])?;
                self.step.last_insert_rowid()
            }
        };
        let (outcome, severity) = (outcome_code(row.outcome), severity_code(row.severity));
        self.observe.execute([self.run, finding, control, outcome, severity])?;
        Ok(())
    }

    fn word(&mut self, text: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.words.get(text) {
            return Ok(*id);
        }
        let id = find_or_add(self.step, &mut self.find_word, &mut self.add_word, text)?;
        self.words.insert(text.into(), id);
        Ok(id)
    }

    fn asset(&mut self, text: &str) -> rusqlite::Result<i64> {
        match &self.last_asset {
            Some((last, id)) if **last == *text => Ok(*id),
            _ => {
                let id = find_or_add(self.step, &mut self.find_asset, &mut self.add_asset, text)?;
                self.last_asset = Some((text.into(), id));
                Ok(id)
            }
        }
    }
}

fn find_or_add(
    step: &Transaction<'_>,
    find: &mut Statement<'_>,
    add: &mut Statement<'_>,
    text: &str,
) -> rusqlite::Result<i64> {
    match find.query_row([text], |found| found.get(0)).optional()? {
        Some(id) => Ok(id),
        None => {
            add.execute([text])?;
            Ok(step.last_insert_rowid())
        }
    }
}

/// Moves what is known of each finding of a run forward, where nothing later is known already.
///
/// Only a pass ends a failure: unknown, manual and not applicable leave it standing, because none of them
/// saw it mended.
fn move_forward(step: &Transaction<'_>, run: i64, at: i64) -> rusqlite::Result<()> {
    const PASS: i64 = 1;
    const FAIL: i64 = 4;
    step.execute(
        "UPDATE finding SET
             control = observation.control,
             outcome = observation.outcome,
             severity = observation.severity,
             first_observed_at = coalesce(first_observed_at, :at),
             last_observed_at = :at,
             reopened = reopened + (observation.outcome = :fail AND failing_since IS NULL AND fixed_at IS NOT NULL),
             fixed_at = CASE WHEN observation.outcome = :pass AND failing_since IS NOT NULL THEN :at ELSE fixed_at END,
             failing_since = CASE observation.outcome WHEN :fail THEN coalesce(failing_since, :at)
                                                      WHEN :pass THEN NULL
                                                      ELSE failing_since END
         FROM observation
         WHERE observation.run = :run AND observation.finding = finding.id
           AND (finding.last_observed_at IS NULL OR finding.last_observed_at <= :at)",
        named_params! { ":run": run, ":at": at, ":pass": PASS, ":fail": FAIL },
    )?;
    step.execute(
        "UPDATE run SET (findings, failing) =
             (SELECT count(*), coalesce(sum(outcome = :fail), 0) FROM observation WHERE run = :run)
         WHERE id = :run",
        named_params! { ":run": run, ":fail": FAIL },
    )?;
    Ok(())
}
