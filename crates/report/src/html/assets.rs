//! A page for each asset, or for those that need one most.
//!
//! **Invariant.** The pages cost the same whether an estate has a thousand assets or a hundred thousand: at most
//! [`LIMIT`] of them are written, worst first, one after the other, and the page says how many are left out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use askama::Template;
use partywall_content::Check;
use partywall_model::{Asset, Holder, Population, Severity, Verdict};
use partywall_ssrm::score::Exposure;
use partywall_ssrm::{Line, LineSet};
use sha2::{Digest, Sha256};

use super::causes::FixText;
use super::folder::Folder;
use crate::causes::Failure;
use crate::document::{Document, NeedEntry, SourceEntry, SwitchEntry, WhyEntry, holder_word, third_party};
use crate::rows::{Outcome, repeats};
use crate::words::{self, counted, thousands};

/// So many assets get a page of their own at most.
const LIMIT: usize = 60;
/// More relations of an asset than this are counted.
const RELATIONS: usize = 40;

/// Which assets have a page.
pub(super) struct Pages<'a> {
    /// Worst first.
    shown: Vec<Shown>,
    ids: HashMap<&'a str, String>,
    failing: usize,
    assets: usize,
    folder: Option<&'a Folder>,
}

/// An asset that has a page.
pub(super) struct Shown {
    /// Its position in the estate.
    pub(super) at: usize,
    /// The positions of its verdicts.
    pub(super) findings: Vec<usize>,
}

/// How much an asset needs looking at; more is worse.
type Need = (Option<Severity>, usize, bool, bool);

impl<'a> Pages<'a> {
    pub(super) fn of(document: &Document<'a>, folder: Option<&'a Folder>) -> Self {
        let estate = document.assessment.estate();
        let mut needs: Vec<Need> = document
            .facts
            .iter()
            .map(|facts| {
                let sensitive = facts.sensitivity == partywall_model::Sensitivity::High;
                (None, 0, facts.exposure == Exposure::Internet, sensitive)
            })
            .collect();
        for (at, finding) in document.assessment.findings().iter().enumerate() {
            let is_open = finding.verdict == Verdict::Fail && !document.marks.is_exempt(at);
            if !is_open || repeats(finding).is_some() {
                continue;
            }
            let position = estate.position(finding.asset.as_str());
            if let Some((worst, count, ..)) = position.and_then(|position| needs.get_mut(position)) {
                *worst = (*worst).max(Some(finding.severity));
                *count += 1;
            }
        }
        let failing = needs.iter().filter(|(worst, ..)| worst.is_some()).count();
        let mut order: Vec<usize> = (0..needs.len()).collect();
        let assets = needs.len();
        if assets > LIMIT {
            order.retain(|at| needs.get(*at).is_some_and(|(worst, ..)| worst.is_some()));
        }
        // Stable: assets that are equally bad stay in the order of the estate.
        order.sort_by_key(|at| {
            let (worst, count, exposed, sensitive) = needs.get(*at).copied().unwrap_or_default();
            Reverse((worst, exposed, sensitive, count))
        });
        order.truncate(LIMIT);
        let mut shown: Vec<Shown> = order.into_iter().map(|at| Shown { at, findings: Vec::new() }).collect();
        let mut ids = HashMap::new();
        let mut slots = HashMap::new();
        for (slot, page) in shown.iter().enumerate() {
            if let Some(asset) = estate.assets().get(page.at) {
                ids.insert(asset.id.as_str(), format!("#{}", name(asset)));
                slots.insert(asset.id.as_str(), slot);
            }
        }
        for (at, finding) in document.assessment.findings().iter().enumerate() {
            let slot = slots.get(finding.asset.as_str());
            if let Some(page) = slot.and_then(|slot| shown.get_mut(*slot)) {
                page.findings.push(at);
            }
        }
        Self { shown, ids, failing, assets, folder }
    }

    /// The page of an asset, if it has one.
    pub(super) fn page(&self, document: &Document<'_>, asset: &str) -> Option<String> {
        match self.folder {
            None => self.ids.get(asset).cloned(),
            Some(folder) => folder.page(document, asset).map(|page| format!("assets/{page}")),
        }
    }

    /// The files of a folder, by kind.
    pub(super) fn files(&self) -> Vec<(&'a str, String, Vec<String>)> {
        self.folder.map(Folder::kinds).unwrap_or_default()
    }

    /// What stands here of all that there is.
    pub(super) fn told(&self) -> String {
        let (shown, all) = (self.shown.len(), counted(self.assets, "asset"));
        if shown == self.assets {
            return format!("All {all}, those with the worst open failures first.");
        }
        if self.folder.is_some() {
            return format!(
                "The {} with the worst open failures, and under them all {all} by kind.",
                thousands(shown)
            );
        }
        let without = self.failing.saturating_sub(shown);
        let others = match without {
            0 => "no other has an open failure".to_owned(),
            without => format!("{} more with open failures are left out here", thousands(without)),
        };
        format!(
            "The {} with the worst open failures, of {all}: {others}. `--html-dir DIR` writes a page for each; every finding stands in the JSON form, too.",
            thousands(shown)
        )
    }

    /// The list of those that have one.
    pub(super) fn index(&self, document: &Document<'a>) -> Vec<AssetRow<'a>> {
        let row = |page: &Shown| {
            let row = AssetRow::of(document, page)?;
            Some(AssetRow { href: self.page(document, row.id)?, ..row })
        };
        self.shown.iter().filter_map(row).collect()
    }

    /// The pages, one after the other.
    pub(super) fn each<'d>(
        &'d self,
        document: &'d Document<'a>,
    ) -> impl Iterator<Item = AssetPage<'a>> + use<'a, 'd> {
        let link = |to: &str| self.page(document, to);
        self.shown.iter().filter_map(move |page| AssetPage::of(document, page, "", None, link))
    }
}

/// The name of an asset's page: the same in every run.
pub(super) fn name(asset: &Asset) -> String {
    let digest = Sha256::digest(asset.id.as_str().as_bytes());
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("asset-{hex}")
}

/// An asset in the list.
pub(super) struct AssetRow<'a> {
    pub(super) id: &'a str,
    pub(super) page: String,
    /// Where its page is, from the page that lists it.
    pub(super) href: String,
    pub(super) label: &'a str,
    pub(super) kind: &'a str,
    pub(super) place: String,
    pub(super) worst: Option<(&'static str, char)>,
    pub(super) open: usize,
    pub(super) exposed: bool,
    pub(super) sensitive: bool,
}

impl<'a> AssetRow<'a> {
    fn of(document: &Document<'a>, page: &Shown) -> Option<Self> {
        let asset = document.assessment.estate().assets().get(page.at)?;
        let facts = document.facts.get(page.at)?;
        let findings = document.assessment.findings();
        let open = || {
            let of_page = page.findings.iter().filter(|at| !document.marks.is_exempt(**at));
            of_page
                .filter_map(|at| findings.get(*at))
                .filter(|finding| finding.verdict == Verdict::Fail && repeats(finding).is_none())
        };
        let worst = open().map(|finding| finding.severity).max();
        Some(Self {
            id: asset.id.as_str(),
            page: name(asset),
            href: String::new(),
            label: asset.label(),
            kind: asset.kind.as_str(),
            place: place(document, asset),
            worst: worst.map(|severity| (severity.word(), words::severity_sign(severity))),
            open: open().count(),
            exposed: facts.exposure == Exposure::Internet,
            sensitive: facts.sensitivity == partywall_model::Sensitivity::High,
        })
    }
}

fn place(document: &Document<'_>, asset: &Asset) -> String {
    let account = asset.account.as_ref().map(|account| words::account(document, account));
    let region = asset.region.as_ref().map(|region| region.as_str());
    let parts: Vec<&str> = [account, region].into_iter().flatten().collect();
    parts.join(", ")
}

/// Everything about one asset.
#[derive(Template)]
#[template(path = "asset.html")]
pub(super) struct AssetPage<'a> {
    /// The file in which everything else stands; empty where it is this one.
    base: &'static str,
    /// The number of the list in this file that says who holds what; none where that stands here.
    setup: Option<usize>,
    row: AssetRow<'a>,
    facts: Vec<(&'static str, String)>,
    open: Vec<AssetFinding<'a>>,
    /// Verdicts that could not be reached, with the reasons.
    unseen: Vec<(&'a str, Vec<String>)>,
    passing: usize,
    without_meaning: usize,
    controls: usize,
    holders: String,
    lines: Vec<AssetLine<'a>>,
    /// Controls that have no meaning for it.
    none: Vec<&'a str>,
    relations: Vec<RelationView<'a>>,
    more_relations: usize,
}

/// A failure on the asset.
struct AssetFinding<'a> {
    severity: &'static str,
    sign: char,
    title: &'a str,
    check: &'a str,
    control: &'a str,
    what: String,
    /// What is not said already.
    evidence: Vec<&'a str>,
    affected: Vec<&'a str>,
    /// Where it was seen.
    seen: Vec<String>,
    exempt: Option<String>,
    overdue: bool,
    stale: bool,
    fix: Option<FixText<'a>>,
}

/// Who holds one control for the asset.
pub(super) struct AssetLine<'a> {
    pub(super) control: &'a str,
    pub(super) title: &'a str,
    pub(super) class: &'static str,
    pub(super) holder: String,
    pub(super) does: &'a str,
    pub(super) switch: String,
    pub(super) needs: Vec<String>,
    pub(super) rule: &'a str,
    pub(super) source: Option<&'a str>,
    pub(super) as_of: &'a str,
    pub(super) source_word: &'static str,
}

struct RelationView<'a> {
    by: &'a str,
    kind: &'a str,
    label: &'a str,
    page: Option<String>,
}

impl<'a> AssetPage<'a> {
    pub(super) fn of(
        document: &Document<'a>,
        page: &Shown,
        base: &'static str,
        setup: Option<usize>,
        link: impl Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let assessment = &document.assessment;
        let asset = assessment.estate().assets().get(page.at)?;
        let all = page.findings.iter().filter_map(|at| Some((*at, assessment.findings().get(*at)?)));
        let findings = all.filter(|(_, finding)| repeats(finding).is_none());
        let mut open: Vec<AssetFinding<'a>> = Vec::new();
        let mut unseen = Vec::new();
        let (mut passing, mut without_meaning) = (0, 0);
        let mut failures: Vec<Failure<'a, '_>> = Vec::new();
        for (at, finding) in findings {
            let outcome = Outcome::of(&finding.verdict, &document.marks.at(at));
            match outcome {
                Outcome::Fail | Outcome::Exempt => failures.push(Failure::of(document, at, finding)),
                Outcome::Unknown | Outcome::Manual => {
                    unseen.push((assessment.title(finding), outcome.reasons(&finding.verdict)));
                }
                Outcome::Pass => passing += 1,
                Outcome::NotApplicable => without_meaning += 1,
            }
        }
        failures
            .sort_by_key(|failure| (document.marks.is_exempt(failure.at), Reverse(failure.finding.severity)));
        open.extend(failures.iter().map(|failure| AssetFinding::of(document, failure)));
        let set = assessment.status.lines.get(page.at)?;
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for line in set {
            *counts.entry(holder_word(&line.holder)).or_default() += 1;
        }
        let (lines, none) = match setup {
            None => lines(document, set),
            Some(_) => (Vec::new(), Vec::new()),
        };
        let told = |(holder, count): (&'static str, usize)| format!("{count} {}", words::holder(holder));
        let holders: Vec<String> = counts.into_iter().map(told).collect();
        Some(Self {
            base,
            setup,
            row: AssetRow::of(document, page)?,
            facts: facts(document, asset, page.at),
            open,
            unseen,
            passing,
            without_meaning,
            controls: set.len(),
            holders: holders.join(", "),
            lines,
            none,
            relations: relations(document, asset, link),
            more_relations: asset.relations.len().saturating_sub(RELATIONS),
        })
    }
}

/// Who holds each control for an asset, and the controls that have no meaning for it.
pub(super) fn lines<'a>(document: &Document<'a>, set: &'a LineSet) -> (Vec<AssetLine<'a>>, Vec<&'a str>) {
    let (mut lines, mut none) = (Vec::new(), Vec::new());
    for (control, line) in document.assessment.controls().iter().zip(set) {
        if line.holder == Holder::NotApplicable {
            none.push(&*control.title);
        } else {
            lines.push(AssetLine::of(&control.title, line));
        }
    }
    (lines, none)
}

fn facts(document: &Document<'_>, asset: &Asset, at: usize) -> Vec<(&'static str, String)> {
    let mut told = vec![
        ("Kind", asset.kind.as_str().to_owned()),
        ("Id", asset.id.as_str().to_owned()),
        ("Where", place(document, asset)),
    ];
    if let Some(facts) = document.facts.get(at) {
        let assumed = if facts.assumed { ", assumed: nobody has said so" } else { "" };
        let sensitivity = facts.sensitivity.word();
        told.push(("Environment", facts.environment.to_string()));
        told.push(("Sensitivity", format!("{sensitivity}{assumed}")));
        let reach = match facts.exposure {
            Exposure::Internet => "the internet reaches it",
            Exposure::Internal => "not from the internet",
            Exposure::Unseen => "not established",
        };
        told.push(("Reach", reach.to_owned()));
    }
    if let Population::Refused { why, last_known } = &asset.population {
        let known = last_known.map(|count| format!("; {count} were known last")).unwrap_or_default();
        let why = words::why(&WhyEntry::of(why));
        told.push(("Stands for", format!("all of its kind that could not be listed: {why}{known}")));
    }
    told
}

fn relations<'a>(
    document: &Document<'a>,
    asset: &'a Asset,
    link: impl Fn(&str) -> Option<String>,
) -> Vec<RelationView<'a>> {
    let view = |relation: &'a partywall_model::Relation| RelationView {
        by: &relation.by,
        kind: relation.kind.as_str(),
        label: document.assessment.estate().asset(&relation.to).map_or(&*relation.to, Asset::label),
        page: link(&relation.to),
    };
    asset.relations.iter().take(RELATIONS).map(view).collect()
}

impl<'a> AssetFinding<'a> {
    fn of(document: &Document<'a>, failure: &Failure<'a, '_>) -> Self {
        let finding = failure.finding;
        let mark = document.marks.at(failure.at);
        let what = failure.what();
        let check = document.assessment.check(finding.check.as_str());
        let seen = finding.location.iter().map(|location| match &location.source {
            Some(partywall_model::Source::Call { operation, at }) => {
                format!("`{}` by {operation}, {}", location.path, words::time(*at))
            }
            Some(partywall_model::Source::Code { file, span }) => {
                format!("`{}` in {file}, from byte {}", location.path, span.start)
            }
            None => format!("`{}`", location.path),
        });
        let fix = |check: &'a Check| FixText {
            summary: &check.fix.summary,
            effort: words::effort(check.fix.effort),
            ways: Vec::new(),
        };
        Self {
            severity: finding.severity.word(),
            sign: words::severity_sign(finding.severity),
            title: document.assessment.title(finding),
            check: finding.check.as_str(),
            control: finding.control.as_str(),
            evidence: finding
                .evidence
                .iter()
                .map(|piece| &**piece)
                .filter(|piece| !what.contains(piece))
                .collect(),
            what,
            affected: finding.affected.iter().map(|id| id.as_str()).collect(),
            seen: seen.collect(),
            exempt: mark.exempt.map(|exempt| {
                format!("accepted until {} by {}: {}", exempt.until, exempt.owner, exempt.reason)
            }),
            overdue: mark.overdue,
            stale: mark.stale,
            fix: check.map(fix),
        }
    }
}

impl<'a> AssetLine<'a> {
    fn of(title: &'a str, line: &'a Line) -> Self {
        let holder = holder_word(&line.holder);
        let source = SourceEntry::of(&line.source);
        let name = third_party(&line.holder).map(|name| format!(" ({name})")).unwrap_or_default();
        let need = |need: NeedEntry<'_>| {
            let property =
                if need.property.is_empty() { String::new() } else { format!("`{}`: ", need.property) };
            format!("{property}{}", words::why(&need.why))
        };
        let switch = line.switch.as_ref().map(SwitchEntry::of).map_or_else(String::new, |switch| {
            let wanted = words::wanted(switch.property, switch.values, switch.note);
            match (switch.position, switch.found) {
                ("on", _) => format!("on: {wanted}"),
                ("off", Some(found)) if !found.is_empty() => format!("off ({found}): {wanted}"),
                ("off", _) => format!("off: {wanted}"),
                ("unseen", _) => format!("not seen: {wanted}"),
                _ => format!("shown by checks on other assets: {wanted}"),
            }
        });
        Self {
            control: line.control.as_str(),
            title,
            class: super::controls::class(holder),
            holder: format!("{}{name}", words::holder(holder)),
            does: if holder == "provider" { &line.provider_does } else { &line.customer_does },
            switch,
            needs: line.needs.iter().map(NeedEntry::of).map(need).collect(),
            rule: &line.rule,
            source: source.url.filter(|url| words::is_web(url)),
            as_of: source.as_of.unwrap_or_default(),
            source_word: super::controls::source_word(source.kind),
        }
    }
}
