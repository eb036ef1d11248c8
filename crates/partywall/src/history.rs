//! The history of earlier runs, as far as an assessment asks for it.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use partywall_content::Retention;
use partywall_model::{AccountId, ControlId, Estate, Finding, Fingerprint, Listing, Verdict};
use partywall_report::trend::{
    MOST_POINTS, SinceLast, Trend, TrendControl, TrendFigure, TrendLayer, TrendPoint,
};
use partywall_ssrm::score::Figure;
use partywall_ssrm::status::{History, Status};
use partywall_ssrm::{Line, Need};
use partywall_store::history::{
    AssetRow, Change, ControlRow, FigureRow, FindingRow, HeldLine, Keep, LayerRow, Outcome, PopulationRow,
    Recorded, RunFigures, RunId, RunRecord, RunSummary, Signature, SqliteStore, Store, StoreError,
};

use crate::args::{AssessArgs, Common};
use crate::exit::Failure;
use crate::screen;

const SECONDS_PER_DAY: i64 = 86_400;

/// Opens the history that an assessment is told to. Where nobody named a place and the default one cannot be
/// used, the assessment goes on without, and says so.
pub(crate) fn open(
    args: &AssessArgs,
    common: &Common,
    named: Option<&str>,
) -> Result<Option<SqliteStore>, Failure> {
    if args.no_store {
        return Ok(None);
    }
    if let Some(file) = args.store.clone().or_else(|| named.map(PathBuf::from)) {
        return Ok(Some(SqliteStore::open(&file)?));
    }
    let Some(file) = default_file() else {
        let why = "neither XDG_DATA_HOME nor HOME is set; name a place by --store";
        screen::remark(common, format_args!("warning: no history is kept: {why}"));
        return Ok(None);
    };
    let opened = match file.parent().map(std::fs::create_dir_all) {
        Some(Err(error)) => Err(error.to_string()),
        _ => SqliteStore::open(&file).map_err(|error| error.to_string()),
    };
    match opened {
        Ok(store) => Ok(Some(store)),
        Err(message) => {
            let hint = "name another place by --store, or pass --no-store";
            screen::remark(common, format_args!("warning: no history is kept: {message} ({hint})"));
            Ok(None)
        }
    }
}

/// Opens a history that is there already, for questions about it.
pub(crate) fn open_kept(asked: Option<&Path>, named: Option<&str>) -> Result<SqliteStore, Failure> {
    let place = asked.map(Path::to_owned).or_else(|| named.map(PathBuf::from)).or_else(default_file);
    let Some(file) = place else {
        return Err(Failure::Usage(
            "neither XDG_DATA_HOME nor HOME is set; name the history by --store".to_owned(),
        ));
    };
    if !file.exists() {
        let message = format!(
            "there is no history at `{}`; `partywall assess` begins one, `--store` names another, and two \
             evidence folders can be compared without",
            file.display()
        );
        return Err(Failure::Usage(message));
    }
    Ok(SqliteStore::open(&file)?)
}

/// `partywall/history.db` in the user's data folder (XDG Base Directory Specification).
fn default_file() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")))?;
    Some(folder.join("partywall").join("history.db"))
}

/// How many there were when a population was last listed to its end.
pub(crate) fn last_known(store: Option<&SqliteStore>, listing: &Listing) -> Option<u64> {
    store?.last_known(&listing.account, &listing.region, &listing.kind).ok().flatten()
}

/// What earlier runs know of the failures of this one.
#[derive(Debug, Default)]
pub(crate) struct Past {
    open_since: HashMap<Fingerprint, Timestamp>,
    days_at_level_3: HashMap<ControlId, u32>,
}

impl Past {
    /// Asks a history about findings and controls, as of a time.
    pub(crate) fn of(
        store: Option<&SqliteStore>,
        findings: &[Finding],
        controls: &[ControlId],
        accounts: &[AccountId],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let Some(store) = store else { return Ok(Self::default()) };
        let failing: Vec<Fingerprint> = findings
            .iter()
            .filter(|finding| !matches!(finding.verdict, Verdict::Pass | Verdict::NotApplicable))
            .map(|finding| finding.fingerprint)
            .collect();
        let mut past = Self { open_since: store.first_seen(&failing)?, ..Self::default() };
        past.open_since.retain(|_, since| *since <= now);
        for control in controls {
            if let Some(since) = store.level_three_since(control, accounts)? {
                let days = (now.as_second() - since.as_second()).div_euclid(SECONDS_PER_DAY);
                past.days_at_level_3.insert(control.clone(), u32::try_from(days).unwrap_or(0));
            }
        }
        Ok(past)
    }
}

impl History for Past {
    fn open_since(&self, finding: &Fingerprint) -> Option<Timestamp> {
        self.open_since.get(finding).copied()
    }

    fn days_at_level_3(&self, control: &ControlId) -> u32 {
        self.days_at_level_3.get(control).copied().unwrap_or(0)
    }
}

/// A run as the history records it, without its findings.
pub(crate) fn run(
    identity: &str,
    complete: bool,
    now: Timestamp,
    estate: &Estate,
    status: &Status,
) -> RunRecord {
    let score = &status.score;
    let controls = score.controls.iter().map(|control| {
        let figure = control.figure.filter(|_| !control.not_measured);
        ControlRow {
            control: control.control.clone(),
            level: figure.map(|figure| figure.level),
            range: figure.map(|figure| (figure.lo, figure.hi)),
            coverage: control.coverage,
            detail: serde_json::Value::Null,
        }
    });
    let (signatures, assets) = held_lines(estate, status);
    RunRecord {
        id: RunId::new(identity),
        taken_at: now,
        tool_version: env!("CARGO_PKG_VERSION").into(),
        complete,
        accounts: estate.accounts().into_iter().cloned().collect(),
        overall: score.overall.figure.map(figure_row),
        layers: score
            .layers
            .iter()
            .map(|layer| LayerRow { layer: layer.layer, figure: layer.measured.map(figure_row) })
            .collect(),
        controls: controls.collect(),
        populations: estate.listings().iter().filter_map(PopulationRow::of).collect(),
        signatures,
        assets,
    }
}

/// Records a run, and takes out those that need not be kept.
pub(crate) fn record(
    store: &mut dyn Store,
    run: &RunRecord,
    findings: &[Finding],
    retention: Retention,
) -> Result<Recorded, StoreError> {
    let recorded = store.record_run(run, &mut findings.iter().map(FindingRow::from))?;
    let keep = keep(store, retention)?;
    store.prune(&keep)?;
    Ok(recorded)
}

/// What to keep. Days are counted back from the newest run, so that an old history is not emptied at a blow.
pub(crate) fn keep(store: &dyn Store, retention: Retention) -> Result<Keep, StoreError> {
    let newest = store.runs()?.first().map(|run| run.taken_at);
    let since = retention.days.zip(newest).map(|(days, newest)| {
        newest.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
    });
    Ok(Keep { runs: retention.runs, since })
}

/// The runs before this one, this one, and what is otherwise than at the last.
pub(crate) fn trend(store: &dyn Store, run: &RunRecord, findings: &[Finding]) -> Result<Trend, StoreError> {
    // This run may be known already: its evidence is judged again.
    let mut earlier = store.trend(&run.accounts, run.taken_at, MOST_POINTS)?;
    earlier.retain(|figures| figures.run.id != run.id);
    let since_last = match earlier.last() {
        Some(last) => Some(since(store, &last.run, findings)?),
        None => None,
    };
    let mut points: Vec<TrendPoint> = earlier.into_iter().map(point).collect();
    points.push(TrendPoint {
        run: run.id.as_str().into(),
        at: run.taken_at,
        complete: run.complete,
        findings: count(findings.len()),
        failing: count(findings.iter().filter(|finding| Outcome::of(finding) == Outcome::Fail).count()),
        overall: run.overall.map(trend_figure),
        layers: run.layers.iter().map(trend_layer).collect(),
        controls: trend_controls(&run.controls),
    });
    points.drain(..points.len().saturating_sub(MOST_POINTS));
    Ok(Trend { points, since_last })
}

fn since(store: &dyn Store, last: &RunSummary, findings: &[Finding]) -> Result<SinceLast, StoreError> {
    let mut now: HashMap<Fingerprint, Outcome> = HashMap::with_capacity(findings.len());
    for finding in findings {
        let outcome = Outcome::of(finding);
        let worst = now.entry(finding.fingerprint).or_insert(outcome);
        *worst = outcome.max(*worst);
    }
    let mut since = SinceLast {
        run: last.id.as_str().into(),
        at: last.taken_at,
        new: 0,
        fixed: 0,
        reopened: 0,
        standing: 0,
        became_unknown: 0,
    };
    let mut count = |change| match change {
        Change::New => since.new += 1,
        Change::Fixed => since.fixed += 1,
        Change::Reopened => since.reopened += 1,
        Change::Standing => since.standing += 1,
        Change::Unseen => since.became_unknown += 1,
        Change::Dropped | Change::SeenAgain | Change::Nothing => {}
    };
    store.findings(&last.id, &mut |then| {
        if let Some(outcome) = now.remove(&then.row.fingerprint) {
            count(Change::between(Some(&then), outcome));
        }
    })?;
    now.values().for_each(|outcome| count(Change::between(None, *outcome)));
    Ok(since)
}

fn point(figures: RunFigures) -> TrendPoint {
    let RunFigures { run, overall, layers, controls } = figures;
    TrendPoint {
        run: run.id.as_str().into(),
        at: run.taken_at,
        complete: run.complete,
        findings: run.findings,
        failing: run.failing,
        overall: overall.map(trend_figure),
        layers: layers.iter().map(trend_layer).collect(),
        controls: trend_controls(&controls),
    }
}

pub(crate) fn trend_figure(row: FigureRow) -> TrendFigure {
    TrendFigure { lo: row.lo, hi: row.hi, level: row.level }
}

fn trend_layer(row: &LayerRow) -> TrendLayer {
    TrendLayer { layer: row.layer, figure: row.figure.map(trend_figure) }
}

/// By id, as the history gives them.
fn trend_controls(rows: &[ControlRow]) -> Vec<TrendControl> {
    let control = |row: &ControlRow| TrendControl {
        control: row.control.as_str().into(),
        figure: control_figure(row),
        coverage: row.coverage,
    };
    let mut controls: Vec<TrendControl> = rows.iter().map(control).collect();
    controls.sort_by(|a, b| a.control.cmp(&b.control));
    controls
}

/// The level and range of a control, where it has both.
pub(crate) fn control_figure(row: &ControlRow) -> Option<TrendFigure> {
    row.level.zip(row.range).map(|(level, (lo, hi))| TrendFigure { lo, hi, level })
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn figure_row(figure: Figure) -> FigureRow {
    FigureRow { level: figure.level, lo: figure.lo, hi: figure.hi }
}

/// Who holds the controls of every asset that was seen. Assets that share their lines share a signature.
fn held_lines(estate: &Estate, status: &Status) -> (Vec<Signature>, Vec<AssetRow>) {
    let mut signatures = Vec::new();
    let mut assets = Vec::new();
    // By the place of the shared set in memory, which is quick to tell.
    let mut places: HashMap<usize, usize> = HashMap::new();
    let seen = estate.assets().iter().zip(&status.lines).filter(|(asset, _)| asset.population.is_seen());
    for (asset, lines) in seen {
        let signature = *places.entry(lines.iter().as_slice().as_ptr().addr()).or_insert_with(|| {
            signatures.push(Signature(lines.iter().map(|line| held_line(line)).collect()));
            signatures.len() - 1
        });
        assets.push(AssetRow {
            asset: asset.id.clone(),
            kind: asset.kind.clone(),
            account: asset.account.clone(),
            region: asset.region.clone(),
            signature,
        });
    }
    (signatures, assets)
}

fn held_line(line: &Line) -> HeldLine {
    HeldLine {
        control: line.control.clone(),
        holder: line.holder.clone(),
        rule: line.rule.clone(),
        switch: line.switch.as_ref().map(|switch| switch.property.clone()).unwrap_or_default(),
        need: line.first_need().map(need).unwrap_or_default().into(),
    }
}

/// What would have to be read. Messages may name the asset or the request, so they are left out: what is the
/// same for many assets must read the same.
fn need(need: &Need) -> String {
    let code = if need.why.code.is_empty() { need.why.kind.word() } else { &need.why.code };
    let what = format!("{} {code}", need.why.operation);
    if need.property.is_empty() { what } else { format!("`{}`: {what}", need.property) }
}
