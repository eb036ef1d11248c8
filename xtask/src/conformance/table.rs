//! The table that says which checks of ours are about the same thing as a query, and the figures that are held.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use partywall_content::yaml;
use serde::{Deserialize, Serialize};

use super::Tally;
use crate::failure::{Failure, Outcome};
use crate::repository::Repository;

/// The table.
pub(crate) const TABLE: &str = "xtask/conformance/gate-queries.yaml";
/// What was measured when it was last recorded.
pub(crate) const FIGURES: &str = "xtask/conformance/gate-figures.csv";

/// By platform and query.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Table(BTreeMap<String, BTreeMap<String, Row>>);

/// What answers a query.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// The checks of ours that are about the same thing; `secrets` for the search for secrets.
    #[serde(default)]
    pub(crate) checks: Vec<String>,
    /// Why there is none.
    pub(crate) no_counterpart: Option<String>,
    /// By sample, or `*` for any: why we say something else than its labels.
    #[serde(default)]
    pub(crate) argued: BTreeMap<String, String>,
}

impl Row {
    pub(crate) fn is_covered(&self) -> bool {
        !self.checks.is_empty()
    }

    /// Under which name of `argued` a sample stands, if it does.
    pub(super) fn argues(&self, sample: &str) -> Option<&str> {
        let (name, _) = self.argued.get_key_value(sample).or_else(|| self.argued.get_key_value("*"))?;
        Some(name)
    }

    pub(super) fn has(&self, check: &str) -> bool {
        self.checks.iter().any(|id| id == check)
    }
}

impl Table {
    pub(crate) fn read(repository: &Repository) -> Outcome<Self> {
        yaml::from_str(&repository.read(TABLE)?).map_err(|error| Failure::new(format!("{TABLE}: {error}")))
    }

    pub(super) fn row(&self, platform: &str, query: &str) -> Option<&Row> {
        self.0.get(platform)?.get(query)
    }

    /// Every row with its platform and query.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, &str, &Row)> {
        self.0.iter().flat_map(|(platform, rows)| {
            rows.iter().map(move |(query, row)| (platform.as_str(), query.as_str(), row))
        })
    }
}

/// What was measured, by platform.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures(pub(crate) BTreeMap<String, Figure>);

/// What was measured of one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figure {
    platform: String,
    pub(crate) queries: usize,
    /// Those that a check of ours is about.
    pub(crate) covered: usize,
    /// Those of severity high or critical.
    pub(crate) severe: usize,
    pub(crate) severe_covered: usize,
    /// Lines of covered queries on which there is something to find.
    pub(crate) labels: usize,
    pub(crate) hit: usize,
    /// Samples of covered queries in which there is nothing to find.
    pub(crate) negatives: usize,
    /// Those in which we find something.
    pub(crate) alarmed: usize,
    /// Labels that we miss on purpose, and samples in which we find something on purpose.
    pub(crate) labels_argued: usize,
    pub(crate) alarms_argued: usize,
    /// Labels, and samples with nothing to find, about modules that are not in the corpus.
    pub(crate) elsewhere: usize,
}

impl Figures {
    pub(crate) fn read(repository: &Repository) -> Outcome<Self> {
        let text = repository.read(FIGURES)?;
        let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize::<Figure>();
        let figures: Result<_, csv::Error> =
            rows.map(|row| row.map(|row| (row.platform.clone(), row))).collect();
        figures.map(Self).map_err(|error| Failure::new(format!("{FIGURES}: {error}")))
    }

    pub(super) fn write(&self, repository: &Repository) -> Outcome {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let rows = self.0.values().try_for_each(|figure| writer.serialize(figure));
        let bytes = rows.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
        repository.write(FIGURES, &String::from_utf8_lossy(&bytes))
    }

    pub(super) fn add(&mut self, platform: &str, is_severe: bool, is_covered: bool, tally: &Tally) {
        let figure = self.0.entry(platform.to_owned()).or_default();
        platform.clone_into(&mut figure.platform);
        figure.queries += 1;
        figure.severe += usize::from(is_severe);
        if is_covered {
            figure.covered += 1;
            figure.severe_covered += usize::from(is_severe);
            figure.labels += tally.labels;
            figure.hit += tally.hit;
            figure.negatives += tally.negatives;
            figure.alarmed += tally.alarmed;
            figure.labels_argued += tally.labels_argued;
            figure.alarms_argued += tally.alarms_argued;
            figure.elsewhere += tally.elsewhere;
        }
    }

    /// In what this is worse than what was recorded.
    pub(super) fn worse_than(&self, recorded: &Self) -> Vec<String> {
        let mut worse = Vec::new();
        for (platform, then) in &recorded.0 {
            let Some(now) = self.0.get(platform) else {
                worse.push(format!("{platform}: is in the figures and not in the corpus"));
                continue;
            };
            let mut held = |what: &str, is_worse: bool, now: String, then: String| {
                if is_worse {
                    worse.push(format!("{platform}: {what}: {now}, and {then} was recorded"));
                }
            };
            held(
                "covered queries",
                now.covered < then.covered,
                now.covered.to_string(),
                then.covered.to_string(),
            );
            held(
                "covered queries of severity high or critical",
                now.severe_covered < then.severe_covered,
                now.severe_covered.to_string(),
                then.severe_covered.to_string(),
            );
            held(
                "labels found",
                now.hit * then.labels < then.hit * now.labels,
                share(now.hit, now.labels),
                share(then.hit, then.labels),
            );
            held(
                "samples alarmed",
                now.alarmed * then.negatives > then.alarmed * now.negatives,
                share(now.alarmed, now.negatives),
                share(then.alarmed, then.negatives),
            );
        }
        worse
    }

    /// The figures of all platforms together.
    pub(crate) fn all(&self) -> Figure {
        let mut all = Figure { platform: "all".to_owned(), ..Figure::default() };
        for figure in self.0.values() {
            all.queries += figure.queries;
            all.covered += figure.covered;
            all.severe += figure.severe;
            all.severe_covered += figure.severe_covered;
            all.labels += figure.labels;
            all.hit += figure.hit;
            all.negatives += figure.negatives;
            all.alarmed += figure.alarmed;
            all.labels_argued += figure.labels_argued;
            all.alarms_argued += figure.alarms_argued;
            all.elsewhere += figure.elsewhere;
        }
        all
    }

    /// As a table for people.
    pub(super) fn shown(&self) -> String {
        let mut text = format!(
            "{:22} {:>20}  {:>20}  {:>34}  {:>32}\n",
            "platform", "queries covered", "high and critical", "labels found", "samples alarmed"
        );
        for figure in self.0.values().chain([&self.all()]) {
            let [queries, severe, labels, alarms] = figure.shares();
            let _ = writeln!(
                text,
                "{:22} {queries:>20}  {severe:>20}  {labels:>34}  {alarms:>32}",
                figure.platform
            );
        }
        text
    }
}

impl Figure {
    /// Queries covered, severe ones covered, labels found and samples alarmed, each with its denominator.
    pub(crate) fn shares(&self) -> [String; 4] {
        [
            share(self.covered, self.queries),
            share(self.severe_covered, self.severe),
            with_argued(share(self.hit, self.labels), self.labels_argued, "missed"),
            with_argued(share(self.alarmed, self.negatives), self.alarms_argued, "of them"),
        ]
    }
}

fn with_argued(share: String, argued: usize, what: &str) -> String {
    match argued {
        0 => share,
        argued => format!("{share}, {argued} {what} argued"),
    }
}

/// A part with its whole.
fn share(part: usize, whole: usize) -> String {
    match (part * 1_000 + whole / 2).checked_div(whole) {
        Some(thousandths) => format!("{part} of {whole} ({}.{} %)", thousandths / 10, thousandths % 10),
        None => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two queries of one platform, of which one is covered.
    fn figures(hit: usize, alarmed: usize) -> Figures {
        let mut figures = Figures::default();
        figures.add("k8s", true, true, &Tally { labels: 10, hit, negatives: 4, alarmed, ..Tally::default() });
        figures.add("k8s", true, false, &Tally::default());
        figures
    }

    #[test]
    fn finding_less_or_alarming_more_is_worse_and_the_rest_is_not() {
        assert_eq!(figures(8, 1).worse_than(&figures(8, 1)), Vec::<String>::new());
        assert_eq!(figures(9, 0).worse_than(&figures(8, 1)), Vec::<String>::new());
        assert_eq!(
            figures(7, 2).worse_than(&figures(8, 1)),
            [
                "k8s: labels found: 7 of 10 (70.0 %), and 8 of 10 (80.0 %) was recorded",
                "k8s: samples alarmed: 2 of 4 (50.0 %), and 1 of 4 (25.0 %) was recorded",
            ]
        );
    }

    #[test]
    fn covering_less_is_worse_though_what_is_left_is_found() {
        let mut fewer = Figures::default();
        fewer.add("k8s", true, false, &Tally::default());
        fewer.add("k8s", true, false, &Tally::default());
        let worse = fewer.worse_than(&figures(10, 0));
        assert!(
            worse.iter().any(|problem| problem.starts_with("k8s: covered queries: 0, and 1")),
            "{worse:?}"
        );
        assert_eq!(Figures::default().worse_than(&fewer), ["k8s: is in the figures and not in the corpus"]);
    }

    #[test]
    fn shares_are_rounded_and_nothing_of_nothing_is_a_dash() {
        assert_eq!(share(2, 3), "2 of 3 (66.7 %)");
        assert_eq!(share(0, 0), "–");
    }
}
