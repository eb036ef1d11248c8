//! What a search found, what it read, and what it did not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use partywall_content::{SecretRules, SecretSettings};
use partywall_model::{Fingerprint, Problem};

use crate::allowance::{Acceptance, AllowedBy};
use crate::leak::{Leak, Place};
use crate::scanner::Scanner;
use crate::stream::TextScan;

/// More places than these are not noted in one search.
const MOST: usize = 200_000;

/// A search's result.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Secrets, worst first, then by rule and place.
    pub leaks: Vec<Leak>,
    /// What was read.
    pub tally: Tally,
    /// What was not read or not to its end: the analysis is incomplete.
    pub problems: Vec<Problem>,
    /// What is wrong with what is accepted: lapsed, unused, half written.
    pub remarks: Vec<Problem>,
}

/// What was read and what was left out on purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Texts that were scanned.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What was left out, by reason.
    pub skipped: BTreeMap<Skipped, u64>,
}

/// Why something was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skipped {
    /// A zero byte in the first 8 KiB.
    Binary,
    /// A symbolic link: what it leads to is read where it is, if it is in the folder.
    Link,
    /// A pipe, socket or device.
    Special,
    /// A submodule of git: its files are in another repository.
    Submodule,
}

impl Skipped {
    /// The reason in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Link => "symbolic-link",
            Self::Special => "special-file",
            Self::Submodule => "submodule",
        }
    }
}

impl Tally {
    pub(crate) fn skip(&mut self, why: Skipped) {
        *self.skipped.entry(why).or_default() += 1;
    }

    fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        for (why, count) in &other.skipped {
            *self.skipped.entry(*why).or_default() += count;
        }
    }
}

/// What one thread gathers.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    leaks: BTreeMap<Fingerprint, Leak>,
    places: usize,
    pub(crate) tally: Tally,
    pub(crate) problems: Vec<Problem>,
    remarks: Vec<Problem>,
}

impl Gathered {
    /// Takes in what was found in one text. `place` makes a place of line, column and span.
    pub(crate) fn text(
        &mut self,
        scanner: &Scanner,
        path: &str,
        scan: TextScan,
        place: impl Fn(Place) -> Place,
    ) {
        scanner.has_read_a_text();
        self.tally.files += 1;
        self.tally.bytes += scan.bytes;
        if let Some(why) = scan.gave_up {
            self.problems.push(Problem::new(path, why));
        }
        let mut used = BTreeSet::new();
        for found in scan.found {
            let Some(rule) = scanner.rule(found.found.rule) else { continue };
            let comment = scan.comments.iter().find(|(line, comment)| {
                (*line == found.line || line.saturating_add(1) == found.line) && comment.rule == rule.id
            });
            used.extend(comment.map(|(line, _)| *line));
            let acceptance = comment.and_then(|(_, comment)| comment.says.clone().ok());
            self.places += 1;
            if self.places == MOST {
                let message = format!("more than {MOST} places hold secrets; the others are not noted");
                self.problems.push(Problem::new(path, message));
            }
            if self.places >= MOST {
                continue;
            }
            let found_at = place(Place {
                path: path.into(),
                line: found.line,
                column: found.column,
                span: found.span,
                commit: None,
                acceptance,
            });
            let found = found.found;
            let leak = self.leaks.entry(found.fingerprint).or_insert_with(|| Leak {
                rule: rule.id.clone(),
                title: rule.title.clone(),
                severity: found.severity,
                confidence: found.confidence,
                control: rule.control.clone(),
                stage: rule.stage,
                preview: found.preview,
                note: found.note,
                fingerprint: found.fingerprint,
                places: Vec::new(),
            });
            leak.severity = leak.severity.max(found.severity);
            leak.confidence = leak.confidence.max(found.confidence);
            leak.places.push(found_at);
        }
        for (line, comment) in &scan.comments {
            let about = format!("{path}:{line}");
            match &comment.says {
                Err(wrong) => {
                    let message = format!("`partywall:allow {}` is not followed: {wrong}", comment.rule);
                    self.remarks.push(Problem::new(about, message));
                }
                Ok(_) if !used.contains(line) && scanner.knows(&comment.rule) => {
                    let message = format!(
                        "`partywall:allow {}` allows nothing here any more: take it out",
                        comment.rule
                    );
                    self.remarks.push(Problem::new(about, message));
                }
                Ok(_) => {}
            }
        }
    }

    /// Joins what threads gathered.
    pub(crate) fn join(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.tally.add(&part.tally);
            all.places += part.places;
            all.problems.extend(part.problems);
            all.remarks.extend(part.remarks);
            for (fingerprint, leak) in part.leaks {
                match all.leaks.get_mut(&fingerprint) {
                    Some(known) => {
                        known.severity = known.severity.max(leak.severity);
                        known.confidence = known.confidence.max(leak.confidence);
                        known.places.extend(leak.places);
                    }
                    None => {
                        all.leaks.insert(fingerprint, leak);
                    }
                }
            }
        }
        all
    }

    /// Every place, to fill in what is learned late.
    pub(crate) fn places_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        self.leaks.values_mut().flat_map(|leak| leak.places.iter_mut())
    }

    /// The result, with what the settings accept.
    pub(crate) fn outcome(self, settings: &SecretSettings, today: Date) -> Outcome {
        let mut remarks = self.remarks;
        let mut leaks: Vec<Leak> = self.leaks.into_values().collect();
        for allowed in &settings.allow {
            let allowed = &allowed.value;
            let acceptance = Acceptance {
                by: AllowedBy::Settings,
                reason: allowed.reason.as_str().into(),
                owner: allowed.owner.as_str().into(),
                until: allowed.until,
            };
            let about = format!("secret {}", allowed.fingerprint);
            let Some(leak) = leaks.iter_mut().find(|leak| leak.fingerprint == allowed.fingerprint) else {
                let message = "the settings allow it, and it was not found here: take it out if it is gone";
                remarks.push(Problem::new(about, message));
                continue;
            };
            for place in &mut leak.places {
                if place.acceptance.as_ref().is_none_or(|said| !said.holds(today)) {
                    place.acceptance = Some(acceptance.clone());
                }
            }
        }
        for leak in &mut leaks {
            leak.places.sort_by(|a, b| {
                (&a.path, a.line, a.column, commit_of(a)).cmp(&(&b.path, b.line, b.column, commit_of(b)))
            });
            let lapsed = leak.places.iter().filter_map(|place| {
                let said = place.acceptance.as_ref().filter(|said| !said.holds(today))?;
                Some((place, said))
            });
            remarks.extend(lapsed.map(|(place, said)| {
                let message = format!(
                    "`{}` was allowed until {} ({}, {}); that day is over",
                    leak.rule, said.until, said.owner, said.reason
                );
                Problem::new(format!("{}:{}", place.path, place.line), message)
            }));
        }
        leaks.sort_by(|a, b| {
            let place =
                |leak: &Leak| leak.places.first().map(|place| (place.path.clone(), place.line, place.column));
            (b.severity, &a.rule, place(a)).cmp(&(a.severity, &b.rule, place(b)))
        });
        let mut problems = self.problems;
        problems.sort();
        problems.dedup();
        remarks.sort();
        remarks.dedup();
        Outcome { leaks, tally: self.tally, problems, remarks }
    }
}

fn commit_of(place: &Place) -> Option<&str> {
    place.commit.as_ref().map(|commit| &*commit.object)
}

impl Outcome {
    /// Leaves out places, and the secrets that then are nowhere.
    pub fn retain_places(&mut self, mut is_kept: impl FnMut(&Place) -> bool) {
        self.leaks.retain_mut(|leak| {
            leak.places.retain(&mut is_kept);
            !leak.places.is_empty()
        });
    }

    /// The rules that found something, by id.
    pub fn rules<'r>(&self, rules: &'r SecretRules) -> Vec<&'r partywall_content::SecretRule> {
        let ids: BTreeSet<&str> = self.leaks.iter().map(|leak| &*leak.rule).collect();
        ids.into_iter().filter_map(|id| rules.rule(id)).collect()
    }
}
