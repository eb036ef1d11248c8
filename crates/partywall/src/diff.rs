//! `partywall diff`: what has changed between two runs.
//!
//! A recorded run is put together from the history; an evidence folder is judged now and recorded into a
//! history that lives in memory alone. From there on both are the same.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::Offset;
use partywall_content::{Content, Settings};
use partywall_model::{CheckId, Layer, Severity};
use partywall_report::diff::{
    self, AssetChanges, AssetName, Counts, Difference, FigureChange, FindingChange, LineFacts, MovedControl,
    RunFacts,
};
use partywall_report::text::TextStyle;
use partywall_store::history::{
    AssetRow, Comparison, FindingRow, FindingState, HeldLine, Moved, Obstacle, RunState, RunSummary, Side,
    SqliteStore, Store, compare,
};

use crate::args::{Common, DiffArgs, DiffFormat};
use crate::assess::{Basis, assess_evidence, content_for};
use crate::exit::{Exit, Failure, Precedence};
use crate::filter::Filter;
use crate::history::{control_figure, trend_figure};
use crate::runs::{self, LAST};
use crate::{gather, screen};

/// `partywall diff`.
pub(crate) fn diff(args: &DiffArgs, common: &Common) -> Result<Exit, Failure> {
    let folder = |name: &&String| Path::new(name.as_str()).is_dir();
    let folders: Vec<PathBuf> = args.runs.iter().filter(folder).map(PathBuf::from).collect();
    let (content, settings) = content_for(common, &folders)?;
    let before_last = format!("{LAST}~1");
    let (before, after) = match args.runs.as_slice() {
        [] => (before_last.as_str(), LAST),
        [before] => (before.as_str(), LAST),
        [before, after, ..] => (before.as_str(), after.as_str()),
    };
    let mut runs = Runs { content: &content, settings: &settings, args, common, store: None };
    let before = runs.state(before)?;
    let after = runs.state(after)?;
    let comparison = compare(&before, &after);
    let difference = difference(&content, &before, &after, &comparison);
    let style = match args.output {
        Some(_) => TextStyle::default(),
        None => screen::style(common.color),
    };
    screen::write(args.output.as_deref(), |out| match args.format {
        DiffFormat::Text => diff::write_text(&difference, style, out),
        DiffFormat::Json => diff::write_json(&difference, out),
        DiffFormat::Markdown => diff::write_markdown(&difference, out),
    })?;
    let precedence = if args.strict { Precedence::Incompleteness } else { Precedence::Findings };
    let accepted = Accepted {
        content: &content,
        settings: &settings,
        on: Offset::UTC.to_datetime(after.figures.run.taken_at).date(),
    };
    let threshold = Severity::from(args.fail_on);
    let back = comparison.new.iter().chain(&comparison.reopened);
    let is_worse = difference.counts.moved_to_you > 0
        || back.into_iter().any(|state| state.row.severity >= threshold && !accepted.covers(&state.row));
    Ok(Exit::of(is_worse, !difference.not_compared.is_empty(), precedence))
}

/// The waivers of the settings on a day. A history does not keep the names of assets, so that a waiver has to
/// give an identifier or a fingerprint.
struct Accepted<'a> {
    content: &'a Content,
    settings: &'a Settings,
    on: Date,
}

impl Accepted<'_> {
    fn covers(&self, row: &FindingRow) -> bool {
        self.settings.waivers.iter().map(|waiver| &waiver.value).any(|waiver| {
            (waiver.fingerprint.is_some() || waiver.asset.is_some())
                && waiver.until >= self.on
                && self.today(&waiver.check) == self.today(&row.check)
                && waiver.fingerprint.is_none_or(|wanted| wanted == row.fingerprint)
                && waiver.asset.as_ref().is_none_or(|wanted| row.asset == *wanted.as_str())
        })
    }

    /// The id that a check has today.
    fn today<'i>(&'i self, id: &'i CheckId) -> &'i CheckId {
        self.content.check(id.as_str()).map_or(id, |check| &check.id)
    }
}

/// Where runs come from; the history is opened when the first of them is asked for.
struct Runs<'a> {
    content: &'a Content,
    settings: &'a Settings,
    args: &'a DiffArgs,
    common: &'a Common,
    store: Option<SqliteStore>,
}

impl Runs<'_> {
    fn state(&mut self, name: &str) -> Result<RunState, Failure> {
        if Path::new(name).is_dir() {
            return self.judged(Path::new(name));
        }
        let store = match &mut self.store {
            Some(store) => store,
            none => none.insert(runs::open(self.args.store.as_deref(), self.settings)?),
        };
        let recorded = store.runs()?;
        let run = runs::named(&recorded, name)?;
        store.state(&run.id)?.ok_or_else(|| taken_out(run))
    }

    /// Judges a folder as if it were assessed now, and reads what would have been recorded.
    fn judged(&self, folder: &Path) -> Result<RunState, Failure> {
        let gathered = gather::read(&[folder.to_owned()])?;
        let mut store = SqliteStore::in_memory()?;
        let basis = Basis {
            content: self.content,
            settings: self.settings,
            filter: &Filter::default(),
            frameworks: None,
            now: gathered.header.collected_to,
            quiet: self.common.quiet,
        };
        assess_evidence(&basis, gathered, Some(&mut store), |_| Ok(()))?;
        let recorded = store.runs()?;
        let run = runs::named(&recorded, LAST)?;
        store.state(&run.id)?.ok_or_else(|| taken_out(run))
    }
}

fn taken_out(run: &RunSummary) -> Failure {
    Failure::Usage(format!("the run `{}` has just been taken out of the history", run.id))
}

fn difference(
    content: &Content,
    before: &RunState,
    after: &RunState,
    comparison: &Comparison<'_>,
) -> Difference {
    let findings = |list: &[&FindingState]| -> Vec<FindingChange> {
        list.iter().map(|state| finding(content, comparison, state)).collect()
    };
    Difference {
        format: diff::FORMAT,
        before: run_facts(before),
        after: run_facts(after),
        not_compared: comparison.obstacles.iter().map(|obstacle| told(*obstacle)).collect(),
        counts: Counts {
            new: comparison.new.len(),
            reopened: comparison.reopened.len(),
            fixed: comparison.fixed.len(),
            standing: comparison.standing,
            became_unknown: comparison.unseen.len(),
            became_known: comparison.seen_again,
            dropped: comparison.dropped.len(),
            moved: comparison.moved.len(),
            moved_to_you: comparison.moved.iter().filter(|moved| moved.is_to_customer()).count(),
        },
        new: findings(&comparison.new),
        reopened: findings(&comparison.reopened),
        fixed: findings(&comparison.fixed),
        became_unknown: findings(&comparison.unseen),
        dropped: findings(&comparison.dropped),
        responsibility: moved_controls(&comparison.moved),
        overall: FigureChange {
            of: "overall".into(),
            before: before.figures.overall.map(trend_figure),
            after: after.figures.overall.map(trend_figure),
        },
        layers: layers(before, after),
        controls: controls(before, after),
        assets: AssetChanges {
            appeared: names(&comparison.appeared),
            gone: names(&comparison.gone),
            unlisted: names(&comparison.unlisted),
        },
    }
}

fn run_facts(state: &RunState) -> RunFacts {
    let run = &state.figures.run;
    RunFacts {
        run: run.id.as_str().into(),
        at: run.taken_at,
        tool_version: run.tool_version.clone(),
        complete: run.complete,
        accounts: run.accounts.iter().map(|account| account.as_str().into()).collect(),
    }
}

fn told(obstacle: Obstacle<'_>) -> String {
    let which = |side| match side {
        Side::Before => "earlier",
        Side::After => "later",
    };
    match obstacle {
        Obstacle::Incomplete(side) => {
            format!("the {} run did not see everything that it was about", which(side))
        }
        Obstacle::OneSided(side, account) => {
            format!("the account {account} was read by the {} run alone", which(side))
        }
        Obstacle::NoLines(side) => format!(
            "the {} run was recorded by an early version, which kept neither assets nor who holds what",
            which(side)
        ),
    }
}

fn finding(content: &Content, comparison: &Comparison<'_>, state: &FindingState) -> FindingChange {
    let row = &state.row;
    let check = content.check(row.check.as_str());
    FindingChange {
        check: row.check.as_str().into(),
        title: check.map_or(row.check.as_str(), |check| &check.title).into(),
        severity: row.severity,
        control: row.control.as_str().into(),
        asset: row.asset.as_str().into(),
        fingerprint: row.fingerprint.to_string().into(),
        check_is_new: comparison.new_checks.contains(&row.check),
        why: row.why.clone(),
    }
}

/// Assets of one kind on which a control has changed hands in the same way stand together; what has come to
/// the customer comes first.
fn moved_controls(moved: &[Moved<'_>]) -> Vec<MovedControl> {
    let mut controls: Vec<MovedControl> = Vec::new();
    let mut places: HashMap<(&str, &str, &HeldLine, &HeldLine), usize> = HashMap::new();
    for change in moved {
        let Moved { asset, before, after } = *change;
        let key = (before.control.as_str(), asset.kind.as_str(), before, after);
        let place = *places.entry(key).or_insert(controls.len());
        if place == controls.len() {
            controls.push(MovedControl {
                control: before.control.as_str().into(),
                kind: asset.kind.as_str().into(),
                before: line_facts(before),
                after: line_facts(after),
                to_you: change.is_to_customer(),
                assets: Vec::new(),
            });
        }
        if let Some(control) = controls.get_mut(place) {
            control.assets.push(asset.asset.as_str().into());
        }
    }
    controls.sort_by(|a, b| b.to_you.cmp(&a.to_you).then_with(|| a.control.cmp(&b.control)));
    controls
}

fn line_facts(line: &HeldLine) -> LineFacts {
    LineFacts::new(&line.holder, &line.rule, &line.switch, &line.need)
}

fn layers(before: &RunState, after: &RunState) -> Vec<FigureChange> {
    let figure = |state: &RunState, layer: Layer| {
        let row = state.figures.layers.iter().find(|row| row.layer == layer);
        row.and_then(|row| row.figure).map(trend_figure)
    };
    let change = |layer: Layer| FigureChange {
        of: layer.word().into(),
        before: figure(before, layer),
        after: figure(after, layer),
    };
    Layer::ALL.into_iter().map(change).collect()
}

/// The controls whose figures have moved.
fn controls(before: &RunState, after: &RunState) -> Vec<FigureChange> {
    let earlier: HashMap<_, _> = before.figures.controls.iter().map(|row| (&row.control, row)).collect();
    let change = |row: &partywall_store::history::ControlRow| FigureChange {
        of: row.control.as_str().into(),
        before: earlier.get(&row.control).and_then(|row| control_figure(row)),
        after: control_figure(row),
    };
    after.figures.controls.iter().map(change).filter(FigureChange::has_moved).collect()
}

fn names(assets: &[&AssetRow]) -> Vec<AssetName> {
    let name =
        |row: &&AssetRow| AssetName { kind: row.kind.as_str().into(), asset: row.asset.as_str().into() };
    assets.iter().map(name).collect()
}
