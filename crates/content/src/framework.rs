//! A framework: which controls of the model serve each requirement of a standard, by id.
//!
//! A framework's file says what the *controls* have to do with a requirement and how far; a check's file says
//! by `related:` which requirements the check shows. Each edge is written once, and everything that goes the
//! other way (a control's requirements, a requirement's checks) is derived. Ids only: the text of a standard
//! belongs to its publisher.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use partywall_model::ControlId;
use serde::{Deserialize, Serialize};

use crate::yaml::Located;

/// A framework, compiled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Framework {
    /// Its id, which is its file's name and the key in `related:`.
    pub id: Box<str>,
    /// What people call it.
    pub title: Box<str>,
    /// Which edition or baseline.
    pub version: Box<str>,
    /// Who publishes it.
    pub publisher: Box<str>,
    /// Where it can be had.
    pub url: Box<str>,
    /// Its requirements, in the order in which people number them.
    pub requirements: Vec<Requirement>,
    /// The file that it was read from, as named in messages.
    pub file: Box<str>,
}

/// One requirement of a framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// The publisher's id of it.
    pub id: Box<str>,
    /// Our own few words.
    pub title: Option<Box<str>>,
    /// The controls that serve it; none where only checks speak of it, or nothing does.
    pub controls: Vec<ControlId>,
    /// How much of it the controls and checks can show.
    pub strength: Strength,
}

/// How much of a requirement can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Something beside it: this can refute the requirement and never meet it.
    #[default]
    Touches,
    /// A part of it: the rest has to be shown elsewhere.
    Part,
    /// All of it.
    Full,
}

impl Strength {
    /// The word of the files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Touches => "touches",
            Self::Part => "part",
            Self::Full => "full",
        }
    }
}

impl Framework {
    /// The requirement with this id.
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        let at = self.requirements.binary_search_by(|requirement| by_number(&requirement.id, id)).ok()?;
        self.requirements.get(at)
    }
}

/// Compares ids as people number them: `A.5.9` before `A.5.10`.
pub fn by_number(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (left, right) = (chunk(a), chunk(b));
        let (Some((left, left_rest)), Some((right, right_rest))) = (left, right) else {
            return left.is_some().cmp(&right.is_some());
        };
        let order = match (digits(left), digits(right)) {
            (Some(left), Some(right)) => left.len().cmp(&right.len()).then(left.cmp(right)),
            _ => Ordering::Equal,
        };
        // `01` and `1` are two ids.
        match order.then(left.cmp(right)) {
            Ordering::Equal => (a, b) = (left_rest, right_rest),
            decided => return decided,
        }
    }
}

/// The text up to where digits begin or end, and the rest.
fn chunk(text: &str) -> Option<(&str, &str)> {
    let is_digit = text.chars().next()?.is_ascii_digit();
    let end = text.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(text.len());
    text.split_at_checked(end)
}

/// A number without leading zeros.
fn digits(chunk: &str) -> Option<&str> {
    chunk.starts_with(|c: char| c.is_ascii_digit()).then(|| chunk.trim_start_matches('0'))
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FrameworkFile {
    pub(crate) framework: Located<Box<str>>,
    pub(crate) title: Box<str>,
    pub(crate) version: Box<str>,
    pub(crate) publisher: Box<str>,
    pub(crate) url: Box<str>,
    pub(crate) requirements: BTreeMap<Box<str>, Located<RequirementFile>>,
    /// Known ids to which nobody has mapped a control. A check that names one touches it.
    #[serde(default)]
    pub(crate) others: Vec<Located<Box<str>>>,
}

/// A requirement as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequirementFile {
    #[serde(default)]
    pub(crate) title: Option<Box<str>>,
    #[serde(default)]
    pub(crate) controls: Vec<Located<ControlId>>,
    pub(crate) strength: Strength,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_as_people_number_them() {
        let mut ids = ["10.1", "2.1", "A.5.10", "A.5.9", "AC-2(10)", "AC-2", "AC-2(9)", "2", "AC-10"];
        ids.sort_by(|a, b| by_number(a, b));
        assert_eq!(ids, ["2", "2.1", "10.1", "A.5.9", "A.5.10", "AC-2", "AC-2(9)", "AC-2(10)", "AC-10"]);
    }

    #[test]
    fn leading_zeros_make_another_id_beside_the_first() {
        assert_eq!(by_number("PR.DS-01", "PR.DS-1"), Ordering::Less);
        assert_eq!(by_number("PR.DS-01", "PR.DS-01"), Ordering::Equal);
        assert_eq!(by_number("PR.DS-02", "PR.DS-10"), Ordering::Less);
    }
}
