//! Filters: which checks run, and which findings are listed.
//!
//! No filter makes a figure better. A check that is left out counts as *not seen* on every asset that it would
//! have judged, so ranges widen and levels do not rise; what `--severity` hides was judged and counts. The
//! report says what was left out, and such a run is not recorded in the history.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use partywall_checks::effects::glob::{Case, glob};
use partywall_checks::{Context, Judgement, fingerprint, judge};
use partywall_content::{Check, Content};
use partywall_model::{Asset, CheckId, Estate, Finding, Kind, Layer, Severity, Verdict, Why, WhyKind};
use partywall_report::Filtered;

use crate::args::Filters;
use crate::exit::Failure;
use crate::import::{Imported, not_read};
use crate::questions::{SUGGESTIONS, no_such_check};

/// Filters that name things which exist.
#[derive(Clone, Debug)]
pub struct Filter {
    /// As they were typed.
    asked: Vec<String>,
    /// Checks that do not run.
    left_out: HashSet<CheckId>,
    /// Findings below this are not listed.
    listed_from: Severity,
}

impl Default for Filter {
    /// Everything runs and everything is listed.
    fn default() -> Self {
        Self { asked: Vec::new(), left_out: HashSet::new(), listed_from: Severity::Info }
    }
}

impl Filter {
    /// Reads filters; what names nothing is refused, with what may have been meant.
    pub(crate) fn resolve(filters: &Filters, content: &Content) -> Result<Self, Failure> {
        let checks = matching(&filters.check, content)?;
        let excluded = matching(&filters.exclude, content)?;
        known_services(&filters.service, content)?;
        known_controls(&filters.control, content)?;
        let runs = |check: &Check| {
            let service = |name: &String| services(check).any(|known| known.eq_ignore_ascii_case(name));
            let control = |word: &String| is_of(check.control.as_str(), word);
            (filters.check.is_empty() || checks.contains(&check.id))
                && (filters.service.is_empty() || filters.service.iter().any(service))
                && (filters.control.is_empty() || filters.control.iter().any(control))
                && !excluded.contains(&check.id)
        };
        let left_out: HashSet<CheckId> =
            content.checks.iter().filter(|check| !runs(check)).map(|check| check.id.clone()).collect();
        if left_out.len() == content.checks.len() {
            let message = "the filters leave no check to run; `partywall checks list` takes the same filters";
            return Err(Failure::Usage(message.to_owned()));
        }
        let listed_from = filters.severity.map_or(Severity::Info, Severity::from);
        Ok(Self { asked: asked(filters), left_out, listed_from })
    }

    /// Whether nobody asked for any.
    pub(crate) fn is_everything(&self) -> bool {
        self.asked.is_empty()
    }

    /// Whether every check runs.
    pub(crate) fn leaves_nothing_out(&self) -> bool {
        self.left_out.is_empty()
    }

    /// Whether a check runs.
    pub(crate) fn runs(&self, check: &CheckId) -> bool {
        !self.left_out.contains(check)
    }

    /// The lowest severity that is listed.
    pub(crate) fn listed_from(&self) -> Severity {
        self.listed_from
    }

    /// Judges an estate by the checks that run, and puts what others found behind our own verdicts. What only they
    /// saw is judged by nobody: there our checks count as not seen, and are not listed.
    pub(crate) fn judge(
        &self,
        context: &Context<'_>,
        estate: &Estate,
        content: &Content,
        imported: Imported,
        progress: &mut dyn FnMut(usize),
    ) -> Filtering {
        let (run, left_out): (Vec<&Check>, Vec<&Check>) =
            content.checks.iter().partition(|check| self.runs(&check.id));
        let chosen: Vec<Check>;
        let checks = if left_out.is_empty() {
            &content.checks
        } else {
            chosen = run.iter().copied().cloned().collect();
            &chosen
        };
        let mut judgement = judge(context, estate, checks, progress);
        let foreign = imported.findings(&judgement.findings, estate);
        judgement.findings.extend(foreign);
        // Stable: what is listed stays in the order of the estate.
        judgement.findings.sort_by_key(|finding| finding.severity < self.listed_from);
        let judged = judgement.findings.len();
        let listed = judgement.findings.partition_point(|finding| finding.severity >= self.listed_from);
        let why = Why::new(WhyKind::NotRead, "a filter left the check out");
        judgement.findings.extend(unseen(estate.own_assets(), &left_out, why));
        let verdicts_left_out = judgement.findings.len() - judged;
        let all: Vec<&Check> = content.checks.iter().collect();
        let foreign = estate.assets().iter().filter(|asset| estate.is_by_others(asset));
        judgement.findings.extend(unseen(foreign, &all, not_read()));
        if self.is_everything() {
            return Filtering { judgement, listed, filtered: None };
        }
        let looked_at: BTreeSet<&str> = run.iter().map(|check| check.control.as_str()).collect();
        let has_checks = |id: &str| content.checks.iter().any(|check| check.control == *id);
        let filtered = Filtered {
            asked: self.asked.clone(),
            checks_run: run.len(),
            checks_left_out: left_out.len(),
            verdicts_left_out,
            verdicts_not_listed: judged - listed,
            controls_not_looked_at: content
                .control_ids()
                .into_iter()
                .filter(|id| has_checks(id.as_str()) && !looked_at.contains(id.as_str()))
                .collect(),
        };
        Filtering { judgement, listed, filtered: Some(filtered) }
    }
}

/// What came out under a filter.
pub(crate) struct Filtering {
    /// First the verdicts that are listed, then the others that were given, then those that nobody gave.
    pub(crate) judgement: Judgement,
    /// How many are listed.
    pub(crate) listed: usize,
    /// What the report says; nothing where there was no filter.
    pub(crate) filtered: Option<Filtered>,
}

/// The verdicts of checks that did not run on assets: not seen.
fn unseen<'a>(assets: impl Iterator<Item = &'a Asset>, checks: &[&Check], why: Why) -> Vec<Finding> {
    let mut by_kind: BTreeMap<&Kind, Vec<&Check>> = BTreeMap::new();
    for check in checks {
        for kind in &check.kinds {
            by_kind.entry(kind).or_default().push(check);
        }
    }
    let why = Arc::new(why);
    let of_asset = |asset: &Asset| -> Vec<Finding> {
        let checks = by_kind.get(&asset.kind).into_iter().flatten();
        checks.map(|check| not_seen(asset, check, &why)).collect()
    };
    assets.flat_map(of_asset).collect()
}

fn not_seen(asset: &Asset, check: &Check, why: &Arc<Why>) -> Finding {
    Finding {
        check: check.id.clone(),
        control: check.control.clone(),
        asset: asset.id.clone(),
        verdict: Verdict::Unknown(vec![Arc::clone(why)]),
        severity: check.severity,
        confidence: check.confidence,
        stage: check.stage,
        summary: "".into(),
        evidence: Vec::new(),
        affected: Vec::new(),
        location: Vec::new(),
        fingerprint: fingerprint(&check.id, asset),
        third_party: None,
    }
}

/// The filters as one would type them.
fn asked(filters: &Filters) -> Vec<String> {
    let lists = [
        ("--check", &filters.check),
        ("--service", &filters.service),
        ("--control", &filters.control),
        ("--exclude", &filters.exclude),
    ];
    let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
    let mut asked: Vec<String> =
        lists.map(|(option, names)| format!("{option} {}", names.join(","))).collect();
    asked.extend(filters.severity.map(|severity| format!("--severity {}", Severity::from(severity))));
    asked
}

/// The checks that ids, earlier ids or patterns name.
fn matching(patterns: &[String], content: &Content) -> Result<HashSet<CheckId>, Failure> {
    let mut found = HashSet::new();
    for pattern in patterns {
        let ids: Vec<CheckId> = if pattern.contains('*') {
            let all = content.checks.iter().map(|check| &check.id);
            all.filter(|id| glob(pattern, id.as_str(), Case::Keep)).cloned().collect()
        } else {
            content.check(pattern).map(|check| check.id.clone()).into_iter().collect()
        };
        if ids.is_empty() {
            return Err(no_such_check(pattern, content));
        }
        found.extend(ids);
    }
    Ok(found)
}

/// The services of a check: its folder, and those of its kinds.
fn services(check: &Check) -> impl Iterator<Item = &str> {
    let mut folders = check.file.rsplit('/').skip(1);
    folders.next().into_iter().chain(check.kinds.iter().map(Kind::service))
}

/// Whether a control is meant by its id or its layer.
fn is_of(control: &str, word: &str) -> bool {
    control == word || control.split_once('.').is_some_and(|(layer, _)| layer == word)
}

fn known_services(names: &[String], content: &Content) -> Result<(), Failure> {
    let known: BTreeSet<String> = content.checks.iter().flat_map(services).map(str::to_lowercase).collect();
    let unknown = names.iter().find(|name| !known.contains(&name.to_lowercase()));
    unknown.map_or(Ok(()), |name| {
        let hint = near(name, known.iter().map(String::as_str));
        Err(Failure::Usage(format!("no check is of a service `{name}`; {hint}")))
    })
}

fn known_controls(words: &[String], content: &Content) -> Result<(), Failure> {
    let ids = content.control_ids();
    let known = || Layer::ALL.iter().map(|layer| layer.word()).chain(ids.iter().map(|id| id.as_str()));
    let unknown = words.iter().find(|word| !known().any(|id| id == *word));
    unknown.map_or(Ok(()), |word| {
        let hint = near(word, known());
        Err(Failure::Usage(format!("there is no control or layer `{word}`; {hint}")))
    })
}

/// The names that are most like one, or where to find all.
fn near<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    /// Names that are at least so alike, from 0 to 1, are suggested.
    const NEAR: f64 = 0.7;
    let name = name.to_lowercase();
    let likeness = |other: &str| {
        if other.contains(&name) || name.contains(other) { 1.0 } else { strsim::jaro_winkler(other, &name) }
    };
    let mut near: Vec<(f64, &str)> = known.map(|other| (likeness(other), other)).collect();
    near.retain(|(likeness, _)| *likeness > NEAR);
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let near: Vec<&str> = near.into_iter().take(SUGGESTIONS).map(|(_, other)| other).collect();
    match near.as_slice() {
        [] => "`partywall checks list` shows all".to_owned(),
        near => format!("did you mean {}?", near.join(", ")),
    }
}
