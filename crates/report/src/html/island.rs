//! Every failure and every verdict that could not be reached, as data for the page's script.
//!
//! Rows name checks, assets and reasons by position, so that a title that stands on a thousand rows is
//! written once.

use std::collections::HashMap;

use partywall_model::{Severity, Verdict};
use serde::{Serialize, Serializer};

use super::assets::Pages;
use super::causes::RowView;
use crate::causes::Failure;
use crate::document::{Document, FindingEntry};
use crate::rows::{Outcome, TOO_OLD, repeats};
use crate::shown::shown;
use crate::words;

/// More rows than this are left to the JSON form; the worst stay.
const LIMIT: usize = 10_000;
/// More bytes than about so many are left to it too.
const BYTES: usize = 2_200_000;
/// Rows that stand in the page itself.
const FIRST: usize = 50;

/// The data.
#[derive(Serialize)]
pub(super) struct Island<'a, 'd> {
    severities: [&'static str; 5],
    checks: Vec<Check<'a>>,
    accounts: Vec<(Safe<'a>, Safe<'a>)>,
    assets: Vec<Asset<'a>>,
    whys: Vec<String>,
    rows: Vec<Row<'a>>,
    #[serde(skip)]
    pub(super) left_out: usize,
    #[serde(skip)]
    shown: Vec<Failure<'a, 'd>>,
}

/// Id, title, control, the control's title.
#[derive(Serialize)]
struct Check<'a>(Safe<'a>, Safe<'a>, Safe<'a>, Safe<'a>);

/// Label, id, position of the account (-1 for none), region, kind, exposed 1 + sensitive 2, page (if it has
/// one).
#[derive(Serialize)]
struct Asset<'a>(Safe<'a>, Safe<'a>, i64, Safe<'a>, Safe<'a>, u8, String);

/// Severity, check, asset, verdict, what was found, evidence, reasons, affected assets, whose line.
#[derive(Serialize)]
struct Row<'a>(
    usize,
    usize,
    usize,
    &'static str,
    String,
    Vec<Safe<'a>>,
    Vec<usize>,
    Vec<Safe<'a>>,
    &'static str,
);

impl Row<'_> {
    /// About how many it takes.
    fn bytes(&self) -> usize {
        /// Numbers, words and marks.
        const REST: usize = 64;
        let texts = self.5.iter().chain(&self.7).map(|text| text.0.len());
        REST + self.4.len() + texts.sum::<usize>()
    }
}

impl Asset<'_> {
    /// About how many it takes.
    fn bytes(&self) -> usize {
        /// Numbers and marks.
        const REST: usize = 24;
        REST + [&self.0, &self.1, &self.3, &self.4].map(|text| text.0.len()).iter().sum::<usize>()
            + self.6.len()
    }
}

/// Text of strangers: what would not be seen is written out before the script ever gets it.
struct Safe<'a>(&'a str);

impl Serialize for Safe<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&shown(self.0))
    }
}

impl<'a, 'd> Island<'a, 'd> {
    pub(super) fn of(document: &'d Document<'a>, pages: &Pages<'a>) -> Self {
        let mut failures: Vec<Failure<'a, 'd>> = document
            .assessment
            .findings()
            .iter()
            .enumerate()
            .filter(|(at, finding)| {
                let outcome = Outcome::of(&finding.verdict, &document.marks.at(*at));
                repeats(finding).is_none() && !matches!(outcome, Outcome::Pass | Outcome::NotApplicable)
            })
            .map(|(at, finding)| Failure::of(document, at, finding))
            .collect();
        failures.sort_by_key(|failure| {
            let open = failure.finding.verdict == Verdict::Fail && !document.marks.is_exempt(failure.at);
            std::cmp::Reverse((open, failure.finding.severity, failure.is_exposed(), failure.is_sensitive()))
        });
        let all = failures.len();
        failures.truncate(LIMIT);
        let accounts = &document.assessment.header.accounts;
        let mut island = Self {
            severities: Severity::ALL.map(Severity::word),
            checks: Vec::new(),
            accounts: accounts
                .iter()
                .map(|account| (Safe(account.id.as_str()), Safe(account.name.as_deref().unwrap_or_default())))
                .collect(),
            assets: Vec::new(),
            whys: Vec::new(),
            rows: Vec::new(),
            left_out: 0,
            shown: Vec::new(),
        };
        let mut known = Known::default();
        let mut bytes = 0;
        for failure in &failures {
            let assets = island.assets.len();
            let row = island.row(document, failure, &mut known, pages);
            bytes += row.bytes()
                + island.assets.get(assets..).unwrap_or_default().iter().map(Asset::bytes).sum::<usize>();
            island.rows.push(row);
            if bytes > BYTES {
                break;
            }
        }
        island.left_out = all - island.rows.len();
        failures.truncate(FIRST);
        island.shown = failures;
        island
    }

    /// The first rows, for readers without a script.
    pub(super) fn first_rows(&self, document: &'a Document<'a>, pages: &Pages<'a>) -> Vec<RowView<'a>> {
        let view = |failure: &Failure<'a, 'd>| RowView {
            verdict: outcome(document, failure).word(),
            ..RowView::of(document, failure, pages)
        };
        self.shown.iter().map(view).collect()
    }

    fn row(
        &mut self,
        document: &Document<'a>,
        failure: &Failure<'a, '_>,
        known: &mut Known<'a>,
        pages: &Pages<'a>,
    ) -> Row<'a> {
        let finding = failure.finding;
        let check = *known.checks.entry(finding.check.as_str()).or_insert_with(|| {
            let control = finding.control.as_str();
            let title = document.control(control).map_or(control, |control| control.title);
            self.checks.push(Check(
                Safe(finding.check.as_str()),
                Safe(document.assessment.title(finding)),
                Safe(control),
                Safe(title),
            ));
            self.checks.len() - 1
        });
        let asset = *known.assets.entry(finding.asset.as_str()).or_insert_with(|| {
            self.assets.push(Asset::of(document, failure, pages));
            self.assets.len() - 1
        });
        let outcome = outcome(document, failure);
        let whys: Vec<String> = match (&finding.verdict, outcome) {
            (Verdict::Unknown(reasons), _) => reasons.iter().map(|why| why.to_string()).collect(),
            (_, Outcome::Unknown) => vec![TOO_OLD.to_owned()],
            _ => Vec::new(),
        };
        let whys = whys
            .iter()
            .map(|why| {
                let text = shown(why).to_string();
                *known.whys.entry(text).or_insert_with_key(|text| {
                    self.whys.push(text.clone());
                    self.whys.len() - 1
                })
            })
            .collect();
        let line = FindingEntry::of(document, failure.at).and_then(|entry| entry.line);
        let holder = line.and_then(|at| document.lines.entries.get(at)).map_or("unknown", |line| line.holder);
        Row(
            Severity::ALL.iter().position(|severity| *severity == finding.severity).unwrap_or(0),
            check,
            asset,
            outcome.word(),
            shown(&failure.what()).to_string(),
            finding.evidence.iter().map(|line| Safe(line)).collect(),
            whys,
            finding.affected.iter().map(|id| Safe(id.as_str())).collect(),
            words::whose_line(holder),
        )
    }
}

fn outcome(document: &Document<'_>, failure: &Failure<'_, '_>) -> Outcome {
    Outcome::of(&failure.finding.verdict, &document.marks.at(failure.at))
}

/// What has a position already.
#[derive(Default)]
struct Known<'a> {
    checks: HashMap<&'a str, usize>,
    assets: HashMap<&'a str, usize>,
    whys: HashMap<String, usize>,
}

impl<'a> Asset<'a> {
    fn of(document: &Document<'a>, failure: &Failure<'a, '_>, pages: &Pages<'a>) -> Self {
        let asset = failure.asset;
        let account = asset.and_then(|asset| asset.account.as_ref());
        let accounts = &document.assessment.header.accounts;
        let account = account.and_then(|id| accounts.iter().position(|account| account.id == *id));
        let flags = u8::from(failure.is_exposed()) + 2 * u8::from(failure.is_sensitive());
        Self(
            Safe(failure.label()),
            Safe(failure.finding.asset.as_str()),
            account.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1),
            Safe(asset.and_then(|asset| asset.region.as_ref()).map_or("", |region| region.as_str())),
            Safe(asset.map_or("", |asset| asset.kind.as_str())),
            flags,
            pages.page(document, failure.finding.asset.as_str()).unwrap_or_default(),
        )
    }
}
