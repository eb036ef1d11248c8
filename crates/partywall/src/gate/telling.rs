//! From verdicts to what a person reads: the place in the file, and who has accepted it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use partywall_content::{Check, Content, Settings};
use partywall_iac::terraform::Place;
use partywall_iac::terraform::plan::Plans;
use partywall_iac::{Declaration, Tree};
use partywall_model::{Finding, Source, Verdict};
use partywall_report::gate::{GateAsset, GateFinding, GateNote, GatePlace, GateState};
use partywall_secrets::Scanner;

use super::allow::{self, Placed};
use super::lines::Lines;
use super::touched::Touched;
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
    /// What is asked for, if only changes are; and how much they do not touch.
    touched: Option<&'a Touched>,
    untouched: usize,
    changed: HashMap<Box<str>, bool>,
    /// Acceptances that covered something: file and line.
    used: BTreeSet<(Box<str>, usize)>,
    /// Waivers of the settings whose day is over, where they would cover something.
    lapsed: Vec<GateNote>,
}

/// All that is told.
pub(super) struct Told<'a> {
    pub(super) findings: Vec<GateFinding<'a>>,
    /// Of acceptances.
    pub(super) notes: Vec<GateNote>,
    /// How much the change that is asked about has not touched.
    pub(super) untouched: usize,
}

/// A file, and what is accepted in it.
struct Read {
    lines: Lines,
    offset: u32,
    /// Lines that hold a secret, which are never shown.
    hidden: HashSet<usize>,
    allows: Vec<Placed>,
    mistakes: Vec<(usize, String)>,
}

impl<'a> Telling<'a> {
    pub(super) fn new(
        tree: &'a Tree,
        planned: &'a Plans,
        scanner: &'a Scanner,
        settings: &'a Settings,
        now: Timestamp,
        touched: Option<&'a Touched>,
    ) -> Self {
        let (files, told, used, lapsed) = (HashMap::new(), Vec::new(), BTreeSet::new(), Vec::new());
        Self {
            tree,
            planned,
            scanner,
            settings,
            now,
            files,
            told,
            touched,
            untouched: 0,
            changed: HashMap::new(),
            used,
            lapsed,
        }
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
        let header = if is_plan { place.clone() } else { self.header(declaration) };
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
        if !self.is_touched(finding, declaration) {
            self.untouched += 1;
            return;
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
            decides: false,
            also,
            summary: finding.summary.clone(),
            because,
            fix: &check.fix.summary,
            fingerprint: finding.fingerprint.to_string().into(),
            waiver,
            declared: ((&*declaration.place.file).into(), declaration.place.span.start),
            rule: Some(check),
        });
    }

    /// Whether the change that is asked about, if one is, has touched the resource or a part of it, or brought this about.
    fn is_touched(&mut self, finding: &Finding, declaration: &Declaration) -> bool {
        let Some(touched) = self.touched else { return true };
        if !touched.was_open(finding) {
            return true;
        }
        let parts = finding.location.iter().filter_map(|location| match location.source.as_ref()? {
            Source::Code { file, span } => Some((&**file, span)),
            Source::Call { .. } => None,
        });
        let whole = (&*declaration.place.file, &declaration.place.span);
        parts.chain([whole]).any(|(file, span)| {
            let has_changed =
                self.changed.get(file).copied().unwrap_or_else(|| self.note_changed(touched, file));
            if !has_changed {
                return false;
            }
            let place = self.place(file, span);
            touched.touches(file, &(place.line..=place.end_line))
        })
    }

    /// Whether something of a file has changed; asked of the disk once.
    fn note_changed(&mut self, touched: &Touched, file: &str) -> bool {
        let has_changed = touched.has(file);
        self.changed.insert(file.into(), has_changed);
        has_changed
    }

    /// Where a declaration begins.
    pub(super) fn header(&mut self, declaration: &Declaration) -> GatePlace {
        self.place(&declaration.place.file, &declaration.place.span)
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
        let (allows, mistakes) = allow::all(file, &text);
        let lines = Lines::of(text);
        let found = self.scanner.scan(file, lines.text().as_bytes()).found;
        let hidden =
            found.iter().flat_map(|found| lines.number(found.span.start)..=lines.number(found.span.end));
        let read = Arc::new(Read { hidden: hidden.collect(), lines, offset, allows, mistakes });
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
            let is_meant = |placed: &&Placed| {
                let what = &*placed.allow.what;
                placed.is_for(line)
                    && (check.id == *what || check.aliases.iter().any(|alias| *alias == *what))
            };
            for Placed { line, allow, .. } in read.allows.iter().filter(is_meant) {
                self.used.insert((file.clone(), *line));
                if allow.holds(today) {
                    return Some(allow::told(allow).into());
                }
            }
        }
        let names = [declaration.asset.id.as_str(), declaration.asset.label(), &*declaration.address];
        for waiver in self.settings.waivers.iter().map(|waiver| &waiver.value) {
            let by_print = waiver.fingerprint.as_ref() == Some(&finding.fingerprint);
            let by_name = waiver.asset.as_deref().is_some_and(|name| names.contains(&name));
            if check.id != waiver.check || !(by_print || by_name) {
                continue;
            }
            if waiver.until >= today {
                return Some(format!("{} (until {}, {})", waiver.reason, waiver.until, waiver.owner).into());
            }
            self.lapsed.push(GateNote {
                subject: format!("{}:{}", place.file, place.line).into(),
                message: format!(
                    "the waiver of `{}` in the settings lapsed on {} ({}): it fails again",
                    check.id, waiver.until, waiver.owner
                )
                .into(),
            });
        }
        None
    }

    /// The findings, and what is to be said of acceptances: lapsed, unused, not understood.
    pub(super) fn finish(mut self, content: &Content) -> Told<'a> {
        let paths: Vec<Arc<str>> = self.tree.files().cloned().collect();
        for path in paths.iter().filter(|path| super::is_code(path)) {
            self.read(path);
        }
        let today = today(self.now);
        let mut notes = std::mem::take(&mut self.lapsed);
        for (file, read) in &self.files {
            let mut note = |line: usize, message: String| {
                notes.push(GateNote { subject: format!("{file}:{line}").into(), message: message.into() });
            };
            for (line, message) in &read.mistakes {
                note(*line, message.clone());
            }
            for Placed { line, allow, .. } in &read.allows {
                let what = &*allow.what;
                let is_used = self.used.contains(&(file.clone(), *line));
                if content.check(what).is_none() {
                    // Acceptances of secrets stand in the same form; `partywall secrets` says what becomes of them.
                    if content.secrets.rule(what).is_none() {
                        note(*line, format!("there is no check `{what}`; `partywall checks list` shows all"));
                    }
                } else if is_used && !allow.holds(today) {
                    let lapsed =
                        format!("the acceptance of `{what}` lapsed on {}: it fails again", allow.until);
                    note(*line, lapsed);
                } else if !is_used {
                    note(*line, format!("nothing here fails `{what}` any more: take the acceptance out"));
                }
            }
        }
        notes.sort_by(|a, b| (&a.subject, &a.message).cmp(&(&b.subject, &b.message)));
        Told { findings: self.told, notes, untouched: self.untouched }
    }
}

/// A line of a plan. Its text is not shown: a plan holds everything, secrets too.
fn in_plan(place: &Place) -> GatePlace {
    let line = usize::try_from(place.line).unwrap_or(usize::MAX);
    let file = place.file.as_ref().into();
    GatePlace { file, line, column: 1, end_line: line, end_column: 1, text: None }
}

/// The day of judgement; waivers hold to the end of their last day in UTC, as everywhere.
pub(super) fn today(now: Timestamp) -> jiff::civil::Date {
    jiff::tz::Offset::UTC.to_datetime(now).date()
}

/// A reason in a few words.
pub(super) fn said(why: &partywall_model::Why) -> String {
    match (why.message.is_empty(), why.operation.is_empty()) {
        (false, _) => why.message.to_string(),
        (true, false) => format!("{} ({})", why.operation, why.kind.word()),
        (true, true) => why.kind.word().to_owned(),
    }
}
