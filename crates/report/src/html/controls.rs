//! Every control: its range, its checks, its weakest assets, its lines.

use std::collections::{BTreeMap, HashMap};

use partywall_model::{Severity, Verdict};

use super::actions::GapView;
use super::assets::Pages;
use super::map::{Bar, CapView, Level, Wall};
use super::trend::Chart;
use crate::causes::{Cause, Failure};
use crate::document::{ControlEntry, ControlState, Document, LineEntry};
use crate::rows::Outcome;
use crate::words::{self, counted};

/// Assets that are named with each control.
const WEAKEST: usize = 12;
/// Reasons that are told with each control.
const REASONS: usize = 12;

/// The controls of one layer.
pub(super) struct LayerControls<'a> {
    pub(super) word: &'static str,
    pub(super) title: &'static str,
    pub(super) controls: Vec<ControlView<'a>>,
}

/// One control.
pub(super) struct ControlView<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) meaning: &'a str,
    pub(super) essential: bool,
    /// Why there is no range, where there is none.
    pub(super) without: Option<&'static str>,
    pub(super) level: Option<Level>,
    pub(super) range: Option<String>,
    pub(super) confidence: Option<u8>,
    pub(super) bar: Bar,
    pub(super) wall: Wall,
    pub(super) coverage: u8,
    pub(super) effect: Option<u8>,
    pub(super) caps: Vec<CapView>,
    pub(super) wants: String,
    pub(super) denominators: String,
    pub(super) states: Vec<(&'static str, usize)>,
    pub(super) inherited: Vec<String>,
    pub(super) checks: Vec<CheckCounts<'a>>,
    pub(super) weakest: Vec<WeakAsset<'a>>,
    pub(super) lines: Vec<LineView<'a>>,
    pub(super) sensors: String,
    /// Why verdicts could not be reached, and on how many of them it bears.
    pub(super) unseen: Vec<(String, usize)>,
    pub(super) more_unseen: usize,
    pub(super) gaps: Vec<GapView<'a>>,
    pub(super) chart: Option<Chart>,
    /// Frameworks, and the ids of their requirements.
    pub(super) frameworks: Vec<(String, String)>,
}

/// The verdicts of one check.
#[derive(Clone)]
pub(super) struct CheckCounts<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) severity: &'static str,
    pub(super) sign: char,
    /// Whether it stands among the causes: some failure of it is open.
    pub(super) is_cause: bool,
    pub(super) fail: usize,
    pub(super) unknown: usize,
    pub(super) pass: usize,
}

/// An asset with open failures under a control.
pub(super) struct WeakAsset<'a> {
    pub(super) label: &'a str,
    pub(super) page: Option<String>,
    pub(super) account: &'a str,
    pub(super) failures: usize,
    pub(super) worst: &'static str,
    pub(super) sign: char,
    pub(super) exposed: bool,
    pub(super) sensitive: bool,
}

/// The same line on all kinds that share its rule.
pub(super) struct LineView<'a> {
    pub(super) holder: String,
    pub(super) class: &'static str,
    pub(super) kinds: Vec<&'a str>,
    pub(super) assets: usize,
    pub(super) provider_does: &'a str,
    pub(super) customer_does: &'a str,
    pub(super) needs: String,
    pub(super) rule: &'a str,
    pub(super) source: Option<&'a str>,
    pub(super) as_of: &'a str,
    pub(super) source_word: &'static str,
}

/// All layers with their controls.
pub(super) fn layers<'a>(
    document: &'a Document<'a>,
    causes: &[Cause<'a, '_>],
    pages: &Pages<'a>,
) -> Vec<LayerControls<'a>> {
    let mut counts = check_counts(document);
    for cause in causes {
        if let Some(entry) = counts.get_mut(cause.check.as_str()) {
            entry.is_cause = true;
        }
    }
    let mut lines: HashMap<&'a str, Vec<LineView<'a>>> = HashMap::new();
    for line in &document.lines.entries {
        add_line(lines.entry(line.control).or_default(), line);
    }
    let mut weak: HashMap<&'a str, Vec<WeakAsset<'a>>> = HashMap::new();
    for control in &document.controls {
        weak.insert(control.id, weakest(document, control.id, causes, pages));
    }
    let mut reasons = unseen(document);
    let mut views: Vec<(partywall_model::Layer, ControlView<'a>)> = Vec::new();
    for control in &document.controls {
        let mut unseen = reasons.remove(control.id).unwrap_or_default();
        let more_unseen = unseen.len().saturating_sub(REASONS);
        unseen.truncate(REASONS);
        let gaps = document.switch_gaps.iter().filter(|gap| gap.controls.contains(&control.id));
        let view = ControlView {
            checks: control.checks.iter().filter_map(|id| counts.get(id).cloned()).collect(),
            weakest: weak.remove(control.id).unwrap_or_default(),
            lines: lines.remove(control.id).unwrap_or_default(),
            unseen,
            more_unseen,
            gaps: gaps.map(|gap| GapView::of(document, gap)).collect(),
            chart: Chart::of_control(document.trend, control.id),
            frameworks: frameworks(document, control.id),
            ..ControlView::of(control)
        };
        views.push((control.layer, view));
    }
    let mut layers: Vec<LayerControls<'a>> = partywall_model::Layer::ALL
        .into_iter()
        .map(|layer| LayerControls { word: layer.word(), title: words::layer(layer), controls: Vec::new() })
        .collect();
    for (layer, view) in views {
        if let Some(of_layer) = layers.iter_mut().find(|known| known.word == layer.word()) {
            of_layer.controls.push(view);
        }
    }
    layers
}

impl<'a> ControlView<'a> {
    pub(super) fn of(control: &ControlEntry<'a>) -> Self {
        let figure = control.figure.filter(|_| control.state == ControlState::Measured);
        let states = &control.states;
        let denominators = &control.denominators;
        let populations = match denominators.populations_unknown {
            0 => String::new(),
            lists => format!("; population unknown: {} could not be read", counted(lists, "list")),
        };
        Self {
            id: control.id,
            title: control.title,
            meaning: control.meaning,
            essential: control.essential,
            without: match control.state {
                ControlState::Measured => None,
                ControlState::NotMeasured => Some("not measured"),
                ControlState::Inherited => Some("inherited"),
                ControlState::NotApplicable => Some("not applicable"),
            },
            level: figure.map(|figure| Level::of(figure.level)),
            range: figure.map(|figure| words::range(figure.lo, figure.hi)),
            confidence: figure.map(|figure| words::share(figure.confidence)),
            bar: Bar::of(figure, control.figure),
            wall: Wall::of(&control.holders),
            coverage: words::share(control.coverage),
            effect: control.effect.map(words::share),
            caps: CapView::all(&control.caps),
            wants: control.wants.join(", "),
            denominators: format!(
                "{} in {}; {} of {} known{populations}",
                counted(denominators.assets, "asset"),
                counted(denominators.groups, "group"),
                words::thousands(denominators.checks_known),
                counted(denominators.checks_applicable, "check"),
            ),
            states: vec![
                ("pass", states.pass),
                ("fail", states.fail),
                ("exempt", states.exempt),
                ("unknown", states.unknown),
                ("stale", states.stale),
                ("manual", states.manual),
                ("not applicable", states.not_applicable),
                ("assets without a check", states.none),
            ],
            inherited: inherited(control),
            checks: Vec::new(),
            weakest: Vec::new(),
            lines: Vec::new(),
            sensors: control.sensors.join(", "),
            unseen: Vec::new(),
            more_unseen: 0,
            gaps: Vec::new(),
            chart: None,
            frameworks: Vec::new(),
        }
    }
}

fn inherited(control: &ControlEntry<'_>) -> Vec<String> {
    let told = |entry: &crate::document::InheritedEntry<'_>| {
        let assets = counted(entry.assets, "asset");
        format!("{assets}: inherited from {}, {}", entry.provider, entry.standing())
    };
    control.inherited.iter().map(told).collect()
}

/// Why verdicts under each control could not be reached, what most of them hang on first.
fn unseen<'a>(document: &Document<'a>) -> HashMap<&'a str, Vec<(String, usize)>> {
    let mut reads: HashMap<&'a str, BTreeMap<(&'a str, &'static str, &'a str), usize>> = HashMap::new();
    for finding in document.assessment.findings() {
        let Verdict::Unknown(reasons) = &finding.verdict else { continue };
        let of_control = reads.entry(finding.control.as_str()).or_default();
        for why in reasons {
            *of_control.entry((&why.operation, why.kind.word(), &why.code)).or_default() += 1;
        }
    }
    let told = |((operation, kind, code), count): ((&str, &str, &str), usize)| {
        let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
        (format!("{operation} {kind}{code}"), count)
    };
    let worst_first = |reads: BTreeMap<_, _>| {
        let mut reads: Vec<(String, usize)> = reads.into_iter().map(told).collect();
        reads.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        reads
    };
    reads.into_iter().map(|(control, reads)| (control, worst_first(reads))).collect()
}

/// The requirements that a control is mapped to.
fn frameworks(document: &Document<'_>, control: &str) -> Vec<(String, String)> {
    let told = |framework: &crate::frameworks::FrameworkEntry<'_>| {
        let names = |requirement: &&crate::frameworks::RequirementEntry<'_>| {
            requirement.controls.iter().any(|share| share.control == control)
        };
        let ids: Vec<&str> = framework.requirements.iter().filter(names).map(|found| found.id).collect();
        let name = format!("{} {}", framework.title, framework.version);
        (!ids.is_empty()).then(|| (name, ids.join(", ")))
    };
    document.frameworks.iter().filter_map(told).collect()
}

fn check_counts<'a>(document: &Document<'a>) -> HashMap<&'a str, CheckCounts<'a>> {
    let mut counts: HashMap<&str, CheckCounts<'_>> = HashMap::new();
    for check in &document.assessment.judged.content.checks {
        let entry = CheckCounts {
            id: check.id.as_str(),
            title: &check.title,
            severity: check.severity.word(),
            sign: words::severity_sign(check.severity),
            is_cause: false,
            fail: 0,
            unknown: 0,
            pass: 0,
        };
        counts.insert(check.id.as_str(), entry);
    }
    for (at, finding) in document.assessment.findings().iter().enumerate() {
        let Some(entry) = counts.get_mut(finding.check.as_str()) else { continue };
        match Outcome::of(&finding.verdict, &document.marks.at(at)) {
            Outcome::Fail | Outcome::Exempt => entry.fail += 1,
            Outcome::Unknown | Outcome::Manual => entry.unknown += 1,
            Outcome::Pass => entry.pass += 1,
            Outcome::NotApplicable => {}
        }
    }
    counts
}

/// The assets with the worst open failures under a control.
fn weakest<'a>(
    document: &'a Document<'a>,
    control: &str,
    causes: &[Cause<'a, '_>],
    pages: &Pages<'a>,
) -> Vec<WeakAsset<'a>> {
    let mut by_asset: BTreeMap<&str, (Severity, usize, Failure<'a, '_>)> = BTreeMap::new();
    let failures = causes.iter().filter(|cause| *cause.control == *control).flat_map(|cause| &cause.failing);
    for failure in failures {
        let severity = failure.finding.severity;
        let entry = by_asset.entry(failure.finding.asset.as_str()).or_insert((severity, 0, *failure));
        entry.0 = entry.0.max(severity);
        entry.1 += 1;
    }
    let mut worst: Vec<(Severity, usize, Failure<'a, '_>)> = by_asset.into_values().collect();
    worst.sort_by_key(|(severity, count, failure)| {
        std::cmp::Reverse((*severity, failure.is_exposed(), failure.is_sensitive(), *count))
    });
    let view = |(severity, failures, failure): (Severity, usize, Failure<'a, '_>)| WeakAsset {
        label: failure.label(),
        page: pages.page(document, failure.finding.asset.as_str()),
        account: failure
            .asset
            .and_then(|asset| asset.account.as_ref())
            .map_or("", |account| words::account(document, account)),
        failures,
        worst: severity.word(),
        sign: words::severity_sign(severity),
        exposed: failure.is_exposed(),
        sensitive: failure.is_sensitive(),
    };
    worst.into_iter().take(WEAKEST).map(view).collect()
}

/// Adds a line to the view of its rule, if there is one already.
fn add_line<'a>(views: &mut Vec<LineView<'a>>, line: &LineEntry<'a>) {
    if line.holder == "not-applicable" {
        return;
    }
    let holder = match line.third_party {
        Some(name) => format!("third party ({name})"),
        None => words::holder(line.holder).to_owned(),
    };
    let same = |view: &&mut LineView<'a>| view.rule == line.rule && view.holder == holder;
    if let Some(view) = views.iter_mut().find(same) {
        if !view.kinds.contains(&line.kind) {
            view.kinds.push(line.kind);
        }
        view.assets += line.assets.len();
        return;
    }
    let needs = line.needs.first().map(|need| {
        let property = if need.property.is_empty() { String::new() } else { format!("{}: ", need.property) };
        format!("{property}{}", words::why(&need.why))
    });
    views.push(LineView {
        holder,
        class: class(line.holder),
        kinds: vec![line.kind],
        assets: line.assets.len(),
        provider_does: line.provider_does,
        customer_does: line.customer_does,
        needs: needs.unwrap_or_default(),
        rule: line.rule,
        source: line.source.url.filter(|url| words::is_web(url)),
        as_of: line.source.as_of.unwrap_or_default(),
        source_word: source_word(line.source.kind),
    });
}

/// The class of a holder's chip.
pub(super) fn class(holder: &str) -> &'static str {
    match holder {
        "provider" => "provider",
        "customer" => "customer",
        "third-party" => "third",
        "unknown" => "unknown",
        _ => "shared",
    }
}

/// What stands for a source without an address.
pub(super) fn source_word(kind: &str) -> &'static str {
    match kind {
        "settings" => "your own settings",
        _ => "unverified",
    }
}
