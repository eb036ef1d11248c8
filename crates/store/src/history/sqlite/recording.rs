//! Writes a run into the history.
//!
//! First every row goes into a table that only this connection sees; what stands there is then held against
//! the states of the run before it by a few statements over all rows. So rows stream through, a fingerprint
//! that came twice is settled before it counts, and what has not changed is not written again.

use std::collections::HashMap;

use partywall_model::AccountId;
use rusqlite::{
    Connection, OptionalExtension, Statement, Transaction, TransactionBehavior, named_params, params,
};

use sha2::{Digest, Sha256};

use super::lines;
use super::{FAIL, OVERALL, PASS, STANDS, outcome_code, severity_code};
use crate::history::{FigureRow, FindingRow, Recorded, RunRecord, StoreError};

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
    let layers = run.layers.iter().filter_map(|row| Some((row.layer.word(), row.figure?)));
    for (layer, figure) in layers.chain(run.overall.map(|figure| (OVERALL, figure))) {
        let FigureRow { level, lo, hi } = figure;
        if level > 4 || ![lo, hi].iter().all(|figure| (0.0..=1.0).contains(figure)) {
            return Err(unrecordable(format!(
                "the layer `{layer}` has level {level} and the range {lo} to {hi}"
            )));
        }
    }
    if let Some(row) = run.assets.iter().find(|row| row.signature >= run.signatures.len()) {
        return Err(unrecordable(format!("the asset `{}` has no lines", row.asset)));
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
    let accounts = account_list(&run.accounts);
    let added = step.execute(
        "INSERT INTO run (evidence, taken_at, tool_version, complete, accounts) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (evidence) DO NOTHING",
        params![run.id.as_str(), at, run.tool_version, run.complete, accounts],
    )?;
    if added == 0 {
        return Ok(Recorded::Already);
    }
    let id = step.last_insert_rowid();
    let place = Place::next(&step, &accounts)?;
    step.execute("UPDATE run SET scope = ?2, number = ?3 WHERE id = ?1", [id, place.scope, place.number])?;
    record_layers(&step, id, run)?;
    record_controls(&step, id, run)?;
    record_populations(&step, id, run)?;
    begin_seen(&step)?;
    let mut seen = Seen::prepare(&step)?;
    seen.add_assets(run)?;
    for row in findings {
        seen.add(&row)?;
    }
    drop(seen);
    place.record_assets(&step)?;
    place.record_findings(&step)?;
    move_forward(&step, id, at)?;
    step.execute_batch("DELETE FROM seen_finding; DELETE FROM seen_asset")?;
    step.commit()?;
    Ok(Recorded::New)
}

/// The place of a run among those over the same accounts.
struct Place {
    scope: i64,
    number: i64,
}

impl Place {
    fn next(step: &Transaction<'_>, accounts: &str) -> rusqlite::Result<Self> {
        step.query_row(
            "INSERT INTO scope (accounts, last) VALUES (?1, 1)
             ON CONFLICT (accounts) DO UPDATE SET last = last + 1
             RETURNING id, last",
            [accounts],
            |row| Ok(Self { scope: row.get(0)?, number: row.get(1)? }),
        )
    }

    /// Ends the states of assets that this run does not see so, and begins new ones.
    fn record_assets(&self, step: &Transaction<'_>) -> rusqlite::Result<()> {
        step.execute(
            "UPDATE asset_state SET to_run = :number
             WHERE scope = :scope AND to_run = :stands AND NOT EXISTS (
                 SELECT 1 FROM seen_asset AS seen
                 WHERE seen.asset = asset_state.asset AND seen.signature = asset_state.signature)",
            named_params! { ":scope": self.scope, ":number": self.number, ":stands": STANDS },
        )?;
        step.execute(
            "INSERT INTO asset_state (scope, asset, from_run, to_run, signature)
             SELECT :scope, asset, :number, :stands, signature FROM seen_asset AS seen
             WHERE NOT EXISTS (
                 SELECT 1 FROM asset_state AS state
                 WHERE state.scope = :scope AND state.asset = seen.asset AND state.to_run = :stands)",
            named_params! { ":scope": self.scope, ":number": self.number, ":stands": STANDS },
        )?;
        Ok(())
    }

    /// The same for findings.
    fn record_findings(&self, step: &Transaction<'_>) -> rusqlite::Result<()> {
        step.execute(
            "UPDATE finding_state SET to_run = :number
             WHERE scope = :scope AND to_run = :stands AND NOT EXISTS (
                 SELECT 1 FROM seen_finding AS seen
                 WHERE seen.finding = finding_state.finding AND seen.outcome = finding_state.outcome
                   AND seen.control = finding_state.control AND seen.severity = finding_state.severity
                   AND seen.why IS finding_state.why)",
            named_params! { ":scope": self.scope, ":number": self.number, ":stands": STANDS },
        )?;
        step.execute(
            "INSERT INTO finding_state (scope, finding, from_run, to_run, control, outcome, severity, why)
             SELECT :scope, finding, :number, :stands, control, outcome, severity, why FROM seen_finding AS seen
             WHERE NOT EXISTS (
                 SELECT 1 FROM finding_state AS state
                 WHERE state.scope = :scope AND state.finding = seen.finding AND state.to_run = :stands)",
            named_params! { ":scope": self.scope, ":number": self.number, ":stands": STANDS },
        )?;
        Ok(())
    }
}

fn record_layers(step: &Transaction<'_>, run: i64, record: &RunRecord) -> rusqlite::Result<()> {
    let mut insert =
        step.prepare("INSERT INTO layer_score (run, layer, level, lo, hi) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let layers = record.layers.iter().map(|row| (row.layer.word(), row.figure));
    for (layer, figure) in layers.chain([(OVERALL, record.overall)]) {
        let (level, lo, hi) = (figure.map(|it| it.level), figure.map(|it| it.lo), figure.map(|it| it.hi));
        insert.execute(params![run, layer, level, lo, hi])?;
    }
    Ok(())
}

/// Tables that only this connection sees, empty.
fn begin_seen(step: &Transaction<'_>) -> rusqlite::Result<()> {
    step.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS seen_finding (
             finding INTEGER PRIMARY KEY, control INTEGER NOT NULL, outcome INTEGER NOT NULL,
             severity INTEGER NOT NULL, why INTEGER);
         CREATE TEMP TABLE IF NOT EXISTS seen_asset (
             asset INTEGER PRIMARY KEY, signature INTEGER NOT NULL);
         DELETE FROM seen_finding;
         DELETE FROM seen_asset;",
    )
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

/// The statements that take assets and findings in, prepared once.
struct Seen<'t> {
    step: &'t Transaction<'t>,
    words: HashMap<Box<str>, i64>,
    /// Findings come asset by asset.
    last_asset: Option<(Box<str>, i64)>,
    find_word: Statement<'t>,
    add_word: Statement<'t>,
    find_asset: Statement<'t>,
    add_asset: Statement<'t>,
    place_asset: Statement<'t>,
    see_asset: Statement<'t>,
    find_finding: Statement<'t>,
    add_finding: Statement<'t>,
    see_finding: Statement<'t>,
}

impl<'t> Seen<'t> {
    fn prepare(step: &'t Transaction<'t>) -> rusqlite::Result<Self> {
        Ok(Self {
            step,
            words: HashMap::new(),
            last_asset: None,
            find_word: step.prepare("SELECT id FROM word WHERE text = ?1")?,
            add_word: step.prepare("INSERT INTO word (text) VALUES (?1)")?,
            find_asset: step.prepare("SELECT id FROM asset WHERE text = ?1")?,
            add_asset: step.prepare("INSERT INTO asset (text) VALUES (?1)")?,
            place_asset: step.prepare(
                "UPDATE asset SET kind = ?2, account = ?3, region = ?4
                 WHERE id = ?1 AND (kind IS NOT ?2 OR account IS NOT ?3 OR region IS NOT ?4)",
            )?,
            see_asset: step.prepare(
                "INSERT INTO seen_asset (asset, signature) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?,
            find_finding: step.prepare("SELECT id FROM finding WHERE fingerprint = ?1")?,
            add_finding: step.prepare("INSERT INTO finding (fingerprint, check_id, asset) VALUES (?1, ?2, ?3)")?,
            see_finding: step.prepare(
                "INSERT INTO seen_finding (finding, control, outcome, severity, why) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET
                     why = CASE WHEN excluded.outcome > outcome THEN excluded.why ELSE why END,
                     outcome = max(outcome, excluded.outcome),
                     severity = max(severity, excluded.severity)",
            )?,
        })
    }

    fn add_assets(&mut self, run: &RunRecord) -> rusqlite::Result<()> {
        let signatures = run
            .signatures
            .iter()
            .map(|lines| self.signature(lines))
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        for row in &run.assets {
            let asset = self.asset(row.asset.as_str())?;
            let kind = self.word(row.kind.as_str())?;
            let account = row.account.as_ref().map(|account| self.word(account.as_str())).transpose()?;
            let region = row.region.as_ref().map(|region| self.word(region.as_str())).transpose()?;
            self.place_asset.execute(params![asset, kind, account, region])?;
            if let Some(signature) = signatures.get(row.signature) {
                self.see_asset.execute([asset, *signature])?;
            }
        }
        Ok(())
    }

    fn signature(&self, lines: &crate::history::Signature) -> rusqlite::Result<i64> {
        let text = lines::to_text(lines);
        let digest: [u8; 32] = Sha256::digest(&text).into();
        self.step.execute(
            "INSERT INTO signature (digest, lines) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING",
            params![&digest[..], text],
        )?;
        self.step.query_row("SELECT id FROM signature WHERE digest = ?1", [&digest[..]], |row| row.get(0))
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
        let why = if row.why.is_empty() { None } else { Some(self.word(&row.why)?) };
        let (outcome, severity) = (outcome_code(row.outcome), severity_code(row.severity));
        self.see_finding.execute(params![finding, control, outcome, severity, why])?;
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
    step.execute(
        "UPDATE finding SET
             control = seen.control,
             outcome = seen.outcome,
             severity = seen.severity,
             why = seen.why,
             first_observed_at = coalesce(first_observed_at, :at),
             last_observed_at = :at,
             reopened = reopened + (seen.outcome = :fail AND failing_since IS NULL AND fixed_at IS NOT NULL),
             fixed_at = CASE WHEN seen.outcome = :pass AND failing_since IS NOT NULL THEN :at ELSE fixed_at END,
             failing_since = CASE seen.outcome WHEN :fail THEN coalesce(failing_since, :at)
                                               WHEN :pass THEN NULL
                                               ELSE failing_since END
         FROM seen_finding AS seen
         WHERE seen.finding = finding.id
           AND (finding.last_observed_at IS NULL OR finding.last_observed_at <= :at)",
        named_params! { ":at": at, ":pass": PASS, ":fail": FAIL },
    )?;
    step.execute(
        "UPDATE run SET (findings, failing) =
             (SELECT count(*), coalesce(sum(outcome = :fail), 0) FROM seen_finding)
         WHERE id = :run",
        named_params! { ":run": run, ":fail": FAIL },
    )?;
    Ok(())
}
