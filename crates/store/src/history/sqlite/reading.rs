//! Puts together how everything stood as of a run.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{AccountId, AssetId, CheckId, ControlId, Fingerprint, Kind, Layer, Region};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    FAIL, OVERALL, PASS, count, lines, outcome, outcome_code, recording, severity, summary, unreadable,
};
use crate::history::{
    AssetRow, ControlRow, FigureRow, FindingRow, FindingState, LayerRow, Life, PopulationRow, Presence,
    RunFigures, RunId, RunState, RunSummary,
};

/// The columns that [`summary`] reads.
pub(super) const SUMMARY: &str = "evidence, taken_at, tool_version, complete, accounts, findings, failing";

/// Where a run stands among those over the same accounts.
struct Position {
    id: i64,
    scope: i64,
    number: i64,
    at: i64,
}

impl Position {
    fn of(connection: &Connection, run: &RunId) -> rusqlite::Result<Option<Self>> {
        connection
            .query_row(
                "SELECT id, scope, number, taken_at FROM run WHERE evidence = ?1",
                [run.as_str()],
                |row| Ok(Self { id: row.get(0)?, scope: row.get(1)?, number: row.get(2)?, at: row.get(3)? }),
            )
            .optional()
    }
}

/// Everything as of a run; none where the run is not known.
pub(super) fn state(connection: &Connection, run: &RunId) -> rusqlite::Result<Option<RunState>> {
    let Some(position) = Position::of(connection, run)? else { return Ok(None) };
    let (run, _) = connection.query_row(
        &format!("SELECT {SUMMARY}, id FROM run WHERE id = ?1"),
        [position.id],
        with_id,
    )?;
    let words = words(connection)?;
    let (signatures, assets) = assets(connection, &position, &words)?;
    let mut findings = HashMap::new();
    each_finding(connection, &position, &words, &mut |finding: FindingState| {
        findings.insert(finding.row.fingerprint, finding);
    })?;
    Ok(Some(RunState {
        figures: figures(connection, run, position.id)?,
        populations: populations(connection, position.id)?,
        signatures,
        assets,
        findings,
    }))
}

/// The findings as of a run, one after the other.
pub(super) fn findings(
    connection: &Connection,
    run: &RunId,
    each: &mut dyn FnMut(FindingState),
) -> rusqlite::Result<()> {
    match Position::of(connection, run)? {
        Some(position) => each_finding(connection, &position, &words(connection)?, each),
        None => Ok(()),
    }
}

/// The newest runs over some accounts that are not newer than a time, oldest first.
pub(super) fn trend(
    connection: &Connection,
    accounts: &[AccountId],
    until: i64,
    most: usize,
) -> rusqlite::Result<Vec<RunFigures>> {
    let mut list = connection.prepare(&format!(
        "SELECT {SUMMARY}, id FROM run WHERE accounts = ?1 AND taken_at <= ?2
         ORDER BY taken_at DESC, id DESC LIMIT ?3"
    ))?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let runs = list.query_map(params![recording::account_list(accounts), until, most], with_id)?;
    let runs = runs.collect::<rusqlite::Result<Vec<_>>>()?;
    runs.into_iter().rev().map(|(run, id)| figures(connection, run, id)).collect()
}

fn with_id(row: &Row<'_>) -> rusqlite::Result<(RunSummary, i64)> {
    Ok((summary(row)?, row.get(7)?))
}

fn figures(connection: &Connection, run: RunSummary, id: i64) -> rusqlite::Result<RunFigures> {
    let mut overall = None;
    let mut layers = Vec::new();
    let mut find = connection.prepare("SELECT layer, level, lo, hi FROM layer_score WHERE run = ?1")?;
    let mut rows = find.query([id])?;
    while let Some(row) = rows.next()? {
        let word: String = row.get(0)?;
        let figure = figure(row, 1)?;
        match Layer::ALL.into_iter().find(|layer| layer.word() == word) {
            Some(layer) => layers.push(LayerRow { layer, figure }),
            None if word == OVERALL => overall = figure,
            None => return Err(unreadable(0, UnknownLayer(word))),
        }
    }
    layers.sort_by_key(|row| row.layer);
    let mut find = connection.prepare(
        "SELECT control, coverage, detail, level, lo, hi FROM control_score WHERE run = ?1 ORDER BY control",
    )?;
    let controls = find.query_map([id], |row| {
        let (control, detail): (String, String) = (row.get(0)?, row.get(2)?);
        let level: Option<u8> = row.get(3)?;
        let (lo, hi): (Option<f64>, Option<f64>) = (row.get(4)?, row.get(5)?);
        Ok(ControlRow {
            control: ControlId::from(control),
            level,
            range: lo.zip(hi),
            coverage: row.get(1)?,
            detail: serde_json::from_str(&detail).map_err(|error| unreadable(2, error))?,
        })
    })?;
    let controls = controls.collect::<rusqlite::Result<_>>()?;
    Ok(RunFigures { run, overall, layers, controls })
}

#[derive(Debug, thiserror::Error)]
#[error("there is no layer `{0}`")]
struct UnknownLayer(String);

fn figure(row: &Row<'_>, from: usize) -> rusqlite::Result<Option<FigureRow>> {
    let (level, lo, hi) = (row.get(from)?, row.get(from + 1)?, row.get(from + 2)?);
    let complete = |level: Option<u8>, lo: Option<f64>, hi: Option<f64>| {
        Some(FigureRow { level: level?, lo: lo?, hi: hi? })
    };
    Ok(complete(level, lo, hi))
}

fn populations(connection: &Connection, run: i64) -> rusqlite::Result<Vec<PopulationRow>> {
    let mut find =
        connection.prepare("SELECT account, region, kind, count FROM population WHERE run = ?1")?;
    let rows = find.query_map([run], |row| {
        Ok(PopulationRow {
            account: AccountId::from(row.get::<_, String>(0)?),
            region: Region::from(row.get::<_, String>(1)?),
            kind: Kind::from(row.get::<_, String>(2)?),
            count: count(row, 3)?,
        })
    })?;
    rows.collect()
}

/// Texts that many rows share.
type Words = HashMap<i64, Arc<str>>;

fn words(connection: &Connection) -> rusqlite::Result<Words> {
    let mut find = connection.prepare("SELECT id, text FROM word")?;
    let rows = find.query_map([], |row| Ok((row.get(0)?, Arc::from(row.get::<_, String>(1)?))))?;
    rows.collect()
}

#[derive(Debug, thiserror::Error)]
#[error("there is no word {0}")]
struct UnknownWord(i64);

fn word(words: &Words, id: i64) -> rusqlite::Result<Arc<str>> {
    words.get(&id).map(Arc::clone).ok_or_else(|| unreadable(0, UnknownWord(id)))
}

type Assets = (Vec<crate::history::Signature>, HashMap<AssetId, AssetRow>);

fn assets(connection: &Connection, position: &Position, words: &Words) -> rusqlite::Result<Assets> {
    let mut find = connection.prepare(
        "SELECT asset.text, asset.kind, asset.account, asset.region, asset_state.signature
         FROM asset_state JOIN asset ON asset.id = asset_state.asset
         WHERE scope = ?1 AND from_run <= ?2 AND to_run > ?2",
    )?;
    let mut signature = connection.prepare("SELECT lines FROM signature WHERE id = ?1")?;
    let mut places: HashMap<i64, usize> = HashMap::new();
    let (mut signatures, mut assets) = (Vec::new(), HashMap::new());
    let mut rows = find.query([position.scope, position.number])?;
    while let Some(row) = rows.next()? {
        let asset = AssetId::from(row.get::<_, String>(0)?);
        let text = |at: usize| row.get::<_, Option<i64>>(at)?.map(|id| word(words, id)).transpose();
        let id: i64 = row.get(4)?;
        let place = match places.get(&id) {
            Some(place) => *place,
            None => {
                let text: String = signature.query_row([id], |row| row.get(0))?;
                signatures.push(lines::from_text(&text).map_err(|error| unreadable(0, error))?);
                places.insert(id, signatures.len() - 1);
                signatures.len() - 1
            }
        };
        let row = AssetRow {
            asset: asset.clone(),
            kind: Kind::new(word(words, row.get(1)?)?),
            account: text(2)?.map(AccountId::new),
            region: text(3)?.map(Region::new),
            signature: place,
        };
        assets.insert(asset, row);
    }
    Ok((signatures, assets))
}

/// The runs over the same accounts as one of them, by number.
struct Timeline {
    /// Number and time of those up to it.
    until: Vec<(i64, i64)>,
    /// The numbers of those after it.
    later: Vec<i64>,
    /// Whether those up to it were recorded in the order of their times.
    is_in_order: bool,
}

impl Timeline {
    fn of(connection: &Connection, position: &Position) -> rusqlite::Result<Self> {
        let mut find =
            connection.prepare("SELECT number, taken_at FROM run WHERE scope = ?1 ORDER BY number")?;
        let (mut until, mut later) = (Vec::new(), Vec::new());
        let mut rows = find.query([position.scope])?;
        while let Some(row) = rows.next()? {
            let (number, at): (i64, i64) = (row.get(0)?, row.get(1)?);
            if (at, number) <= (position.at, position.number) {
                until.push((number, at));
            } else {
                later.push(number);
            }
        }
        let is_in_order = until.is_sorted_by_key(|(_, at)| *at);
        Ok(Self { until, later, is_in_order })
    }

    /// Time and number of the latest run from one number up to, and without, another.
    fn latest(&self, from: i64, to: i64) -> Option<(i64, i64)> {
        let start = self.until.partition_point(|(number, _)| *number < from);
        let end = self.until.partition_point(|(number, _)| *number < to);
        let runs = self.until.get(start..end)?;
        let latest =
            if self.is_in_order { runs.last() } else { runs.iter().max_by_key(|(number, at)| (at, number)) };
        latest.map(|(number, at)| (*at, *number))
    }

    /// Whether none of the runs from one number up to another, none of which is among those up to this one, is
    /// left.
    fn is_gone(&self, from: i64, to: i64) -> bool {
        let next = self.later.partition_point(|number| *number < from);
        self.later.get(next).is_none_or(|number| *number >= to)
    }
}

/// What the states of one finding come to.
struct Folded {
    finding: i64,
    check: i64,
    asset: i64,
    fingerprint: Fingerprint,
    first_observed_at: Option<i64>,
    failing_since: Option<i64>,
    fixed_at: Option<i64>,
    /// The state as of the run, or the latest before it: when, and what.
    last: Option<((i64, i64), State)>,
    /// When it was last seen to pass or fail, and whether it failed.
    decided: Option<((i64, i64), bool)>,
    has_failed: bool,
    is_observed: bool,
}

/// One stored state.
#[derive(Clone, Copy)]
struct State {
    control: i64,
    outcome: crate::history::Outcome,
    severity: partywall_model::Severity,
    why: Option<i64>,
}

impl Folded {
    fn begin(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            finding: row.get(0)?,
            fingerprint: Fingerprint(row.get(1)?),
            check: row.get(2)?,
            asset: row.get(3)?,
            first_observed_at: row.get(12)?,
            failing_since: row.get(4)?,
            fixed_at: row.get(5)?,
            last: None,
            decided: None,
            has_failed: false,
            is_observed: false,
        })
    }

    fn take(&mut self, row: &Row<'_>, position: &Position, timeline: &Timeline) -> rusqlite::Result<()> {
        let (from, to): (i64, i64) = (row.get(6)?, row.get(7)?);
        let (seen, is_gone) = match timeline.latest(from, to) {
            Some(seen) => (seen, false),
            None if self.outlasts(position.at) && timeline.is_gone(from, to) => ((i64::MIN, from), true),
            None => return Ok(()),
        };
        let state = State {
            control: row.get(8)?,
            outcome: outcome(row, 9)?,
            severity: severity(row, 10)?,
            why: row.get(11)?,
        };
        // What is left of runs that are gone was a failure when they went, whatever was seen last.
        let code = if is_gone { FAIL } else { outcome_code(state.outcome) };
        let is_current = from <= position.number && to > position.number;
        if is_current || (!self.is_observed && self.last.is_none_or(|(at, _)| at < seen)) {
            self.last = Some((seen, state));
        }
        self.is_observed |= is_current;
        if (code == PASS || code == FAIL) && self.decided.is_none_or(|(at, _)| at < seen) {
            self.decided = Some((seen, code == FAIL));
        }
        self.has_failed |= code == FAIL;
        Ok(())
    }

    /// Whether a failure that runs now gone saw was not seen mended up to a time.
    fn outlasts(&self, at: i64) -> bool {
        let until = |time: Option<i64>| time.is_some_and(|time| time <= at);
        until(self.failing_since)
            || until(self.first_observed_at) && self.fixed_at.is_some_and(|fixed| fixed > at)
    }

    /// Runs that were taken out still count, by what is known of the finding itself.
    fn life(&self, at: i64) -> Life {
        let until = |time: Option<i64>| time.is_some_and(|time| time <= at);
        match self.decided {
            Some((_, true)) => Life::Failing,
            None if until(self.failing_since) => Life::Failing,
            _ if self.has_failed || until(self.fixed_at) => Life::Mended,
            _ => Life::NeverFailed,
        }
    }
}

fn each_finding(
    connection: &Connection,
    position: &Position,
    words: &Words,
    each: &mut dyn FnMut(FindingState),
) -> rusqlite::Result<()> {
    let timeline = Timeline::of(connection, position)?;
    let mut find = connection.prepare(
        "SELECT finding.id, fingerprint, check_id, asset, failing_since, fixed_at,
                from_run, to_run, state.control, state.outcome, state.severity, state.why, first_observed_at
         FROM finding_state AS state JOIN finding ON finding.id = state.finding
         WHERE scope = ?1 ORDER BY state.finding, from_run",
    )?;
    let mut name = connection.prepare("SELECT text FROM asset WHERE id = ?1")?;
    let mut last_asset: Option<(i64, AssetId)> = None;
    let mut tell = |folded: Folded| -> rusqlite::Result<()> {
        let life = folded.life(position.at);
        let Some((_, state)) = folded.last.filter(|_| folded.is_observed || life != Life::NeverFailed) else {
            return Ok(());
        };
        let asset = match &last_asset {
            Some((id, asset)) if *id == folded.asset => asset.clone(),
            _ => {
                let asset = AssetId::from(name.query_row([folded.asset], |row| row.get::<_, String>(0))?);
                last_asset = Some((folded.asset, asset.clone()));
                asset
            }
        };
        each(FindingState {
            row: FindingRow {
                fingerprint: folded.fingerprint,
                check: CheckId::new(word(words, folded.check)?),
                control: ControlId::new(word(words, state.control)?),
                asset,
                outcome: state.outcome,
                severity: state.severity,
                why: match state.why {
                    Some(id) => (*word(words, id)?).into(),
                    None => "".into(),
                },
            },
            presence: if folded.is_observed { Presence::Observed } else { Presence::Earlier },
            life,
        });
        Ok(())
    };
    let mut rows = find.query([position.scope])?;
    let mut folded: Option<Folded> = None;
    while let Some(row) = rows.next()? {
        let finding: i64 = row.get(0)?;
        if let Some(done) = folded.take_if(|folded| folded.finding != finding) {
            tell(done)?;
        }
        let current = match &mut folded {
            Some(current) => current,
            none => none.insert(Folded::begin(row)?),
        };
        current.take(row, position, &timeline)?;
    }
    folded.map_or(Ok(()), tell)
}
