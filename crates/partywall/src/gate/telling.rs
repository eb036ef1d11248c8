//! From verdicts to what a person reads: the place in the file, and who has accepted it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use partywall_content::{Check, Content, Settings};
use partywall_iac::terraform::Place;
use partywall_iac::terraform::plan::Plans;
use partywall_iac::{Declaration, Tree};
use partywall_model::{Finding, Verdict};
use partywall_report::gate::{GateAsset, GateFinding, GateNote, GatePlace, GateState};
use partywall_secrets::Scanner;

use super::allow::{self, Allow};
use super::lines::Lines;
use super::{places, plans};

/// Collects what is told.
pub(super) struct Telling<'a> {
    tree: &'a Tree,
    planned: &'a Plans,
    scanner: &'a Scanner,
    settings: &'a Settings,
    now: Timestamp,
    files: HashMap<Box<str>, Arc<Read>>,
    told: Vec<GateFinding<'a>>,
    /// Acceptances that covered something: file and line.
    used: BTreeSet<(Box<str>, usize)>,
}

/// A file, and what is accepted in it.
struct Read {
    lines: Lines,
    offset: u32,
    /// Lines that hold a secret, which are never shown.
    hidden: HashSet<usize>,
    allows: Vec<Allow>,
    mistakes: Vec<(usize, String)>,
}

impl<'a> Telling<'a> {
    pub(super) fn new(
        tree: &'a Tree,
        planned: &'a Plans,
        scanner: &'a Scanner,
        settings: &'a Settings,
        now: Timestamp,
    ) -> Self {
        let used = BTreeSet::new();
        Self { tree, planned, scanner, settings, now, files: HashMap::new(), told: Vec::new(), used }
    }

    /// One verdict on one declaration.
    pub(super) fn tell(&mut self, finding: &Finding, declaration: &Declaration, check: &'a Check) {
        let ((file, span), beside) = places::of(finding, declaration);
        let is_plan = self.planned.plans.iter().any(|plan| *plan.file == *file);
        let place = if is_plan { in_plan(&declaration.place) } else { self.place(&file, &span) };
        let also = match is_plan {
            true => Vec::new(),
            false => self.others(&place, &beside),
        };
        let header = in_plan(&declaration.place);
        let asset = &declaration.asset;
        let because: Vec<Box<str>> = match &finding.verdict {
            Verdict::Unknown(reasons) => reasons.iter().map(|why| said(why).into()).collect(),
            _ => Vec::new(),
        };
        let mut state = if because.is_empty() { GateState::Fail } else { GateState::Unknown };
        let waiver = if state == GateState::Fail {
            self.waiver(finding, check, declaration, &place, &header)
        } else {
            None
        };
        if waiver.is_some() {
            state = GateState::Waived;
        }
        self.told.push(GateFinding {
            check: check.id.as_str(),
            title: &check.title,
            state,
            severity: finding.severity,
            confidence: finding.confidence,
            control: check.control.as_str(),
            stage: finding.stage,
            asset: GateAsset {
                address: (&*declaration.address).into(),
                kind: asset.kind.as_str().into(),
                id: asset.id.as_str().into(),
                name: asset.label().into(),
            },
            place: Some(place),
            also,
            summary: finding.summary.clone(),
            because,
            fix: &check.fix.summary,
            fingerprint: finding.fingerprint.to_string().into(),
            waiver,
            rule: Some(check),
        });
    }

    /// The places beside a first one, each line once.
    fn others(&mut self, first: &GatePlace, beside: &[places::Span]) -> Vec<GatePlace> {
        let mut others: Vec<GatePlace> = Vec::new();
        for (file, span) in beside {
            let place = self.place(file, span);
            let is_known = |known: &GatePlace| known.file == place.file && known.line == place.line;
            if !is_known(first) && !others.iter().any(is_known) {
                others.push(place);
            }
        }
        others
    }

    fn place(&mut self, file: &str, span: &std::ops::Range<u32>) -> GatePlace {
        let read = self.read(file);
        let within = span.start.saturating_sub(read.offset)..span.end.saturating_sub(read.offset);
        let mut place = read.lines.place(file, &within);
        if read.hidden.contains(&place.line) {
            place.text = None;
        }
        place
    }

    fn read(&mut self, file: &str) -> Arc<Read> {
        if let Some(read) = self.files.get(file) {
            return read.clone();
        }
        let (text, offset) = plans::text(self.tree, self.planned, file)
            .map_or_else(|_| (String::new(), 0), |text| (text.text, text.offset));
        let (allows, mistakes): (Vec<_>, Vec<_>) = allow::all(&text).into_iter().partition(Result::is_ok);
        let lines = Lines::of(text);
        let found = self.scanner.scan(file, lines.text().as_bytes()).found;
        let hidden =
            found.iter().flat_map(|found| lines.number(found.span.start)..=lines.number(found.span.end));
        let read = Arc::new(Read {
            hidden: hidden.collect(),
            lines,
            offset,
            allows: allows.into_iter().flatten().collect(),
            mistakes: mistakes.into_iter().filter_map(Result::err).collect(),
        });
        self.files.insert(file.into(), read.clone());
        read
    }

    /// Who accepts a failure: beside the code, or in the settings.
    fn waiver(
        &mut self,
        finding: &Finding,
        check: &Check,
        declaration: &Declaration,
        place: &GatePlace,
        header: &GatePlace,
    ) -> Option<Box<str>> {
        let today = today(self.now);
        let lines = [(&place.file, place.line), (&header.file, header.line)];
        for (file, line) in lines {
            let read = self.read(file);
            let is_meant = |allow: &&Allow| {
                (allow.line == line || allow.line + 1 == line)
                    && (check.id == *allow.check || check.aliases.iter().any(|alias| *alias == *allow.check))
            };
            if let Some(allow) = read.allows.iter().find(is_meant) {
                self.used.insert((file.clone(), allow.line));
                if allow.until >= today {
                    return Some(allow.told().into());
                }
            }
        }
        let names = [declaration.asset.id.as_str(), declaration.asset.label(), &*declaration.address];
        let waiver = self.settings.waivers.iter().map(|waiver| &waiver.value).find(|waiver| {
            let by_print = waiver.fingerprint.as_ref() == Some(&finding.fingerprint);
            let by_name = waiver.asset.as_deref().is_some_and(|name| names.contains(&name));
            check.id == waiver.check && waiver.until >= today && (by_print || by_name)
        })?;
        Some(format!("{} (until {}, {})", waiver.reason, waiver.until, waiver.owner).into())
    }

    /// The findings, and what is to be said of acceptances: lapsed, unused, not understood.
    pub(super) fn finish(mut self, content: &Content) -> (Vec<GateFinding<'a>>, Vec<GateNote>) {
        let paths: Vec<Arc<str>> = self.tree.files().cloned().collect();
        for path in paths.iter().filter(|path| super::is_code(path)) {
            self.read(path);
        }
        let today = today(self.now);
        let mut notes = Vec::new();
        for (file, read) in &self.files {
            let mut note = |line: usize, message: String| {
                notes.push(GateNote { subject: format!("{file}:{line}").into(), message: message.into() });
            };
            for (line, message) in &read.mistakes {
                note(*line, message.clone());
            }
            for allow in &read.allows {
                let is_used = self.used.contains(&(file.clone(), allow.line));
                if content.secrets.rule(&allow.check).is_some() {
                    // The search for secrets says what is wrong with it.
                    continue;
                }
                if content.check(&allow.check).is_none() {
                    note(
                        allow.line,
                        format!("there is no check `{}`; `partywall checks list` shows all", allow.check),
                    );
                } else if is_used && allow.until < today {
                    note(
                        allow.line,
                        format!(
                            "the acceptance of `{}` lapsed on {}: it fails again",
                            allow.check, allow.until
                        ),
                    );
                } else if !is_used {
                    note(
                        allow.line,
                        format!("nothing here fails `{}` any more: take the acceptance out", allow.check),
                    );
                }
            }
        }
        notes.sort_by(|a, b| (&a.subject, &a.message).cmp(&(&b.subject, &b.message)));
        (self.told, notes)
    }
}

/// A line of a plan. Its text is not shown: a plan holds everything, secrets too.
fn in_plan(place: &Place) -> GatePlace {
    let line = usize::try_from(place.line).unwrap_or(usize::MAX);
    let file = place.file.as_ref().into();
    GatePlace { file, line, column: 1, end_line: line, end_column: 1, text: None }
}

/// The day of judgement; waivers hold to the end of their last day in UTC, as everywhere.
fn today(now: Timestamp) -> jiff::civil::Date {
    jiff::tz::Offset::UTC.to_datetime(now).date()
}

fn said(why: &partywall_model::Why) -> String {
    match (why.message.is_empty(), why.operation.is_empty()) {
        (false, _) => why.message.to_string(),
        (true, false) => format!("{} ({})", why.operation, why.kind.word()),
        (true, true) => why.kind.word().to_owned(),
    }
}
