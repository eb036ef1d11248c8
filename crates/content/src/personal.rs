//! Personal data in `partywall.yaml`: how a store of it is told, and by which tags it says what has to be known of it.

use std::collections::BTreeMap;

use partywall_model::{Asset, Region};
use serde::Deserialize;

/// Values that say no.
const NO: [&str; 6] = ["no", "non", "not", "none", "false", "0"];
/// Values that say nothing.
const NOTHING: [&str; 9] = ["-", "?", "n/a", "na", "none", "tba", "tbd", "todo", "unknown"];

/// What is said of personal data. A list that is given stands in place of the built-in one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PersonalData {
    /// A tag and the words of its value that mark a store; where the list is empty any value but a no.
    pub tags: BTreeMap<String, Vec<String>>,
    /// Words of a name that mark a store.
    pub names: Vec<String>,
    /// The tags of which one names who answers for a store.
    pub owner: Vec<String>,
    /// The tags of which one says what the data is kept for.
    pub purpose: Vec<String>,
    /// The tags of which one says how long the data is kept.
    pub retention: Vec<String>,
    /// The regions in which personal data may lie; any where the list is empty.
    pub regions: Vec<Region>,
}

impl Default for PersonalData {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
        let kinds = words(&["gdpr", "personal", "phi", "pii", "special-category"]);
        let classes = ["classification", "data-category", "data-classification", "data-type"];
        let flags = ["contains-personal-data", "contains-pii", "gdpr", "personal-data", "pii"];
        Self {
            tags: classes
                .iter()
                .map(|name| ((*name).to_owned(), kinds.clone()))
                .chain(flags.iter().map(|name| ((*name).to_owned(), Vec::new())))
                .collect(),
            names: words(&["gdpr", "kyc", "patient", "patients", "payroll", "personal", "phi", "pii"]),
            owner: words(&["owner", "data-owner", "owned-by", "team"]),
            purpose: words(&["purpose", "data-purpose", "processing-purpose"]),
            retention: words(&[
                "retention",
                "data-retention",
                "retention-days",
                "retention-period",
                "keep-for",
            ]),
            regions: Vec::new(),
        }
    }
}

impl PersonalData {
    /// Whether a name says that a store holds personal data.
    pub fn is_named(&self, name: &str) -> bool {
        words_of(name).any(|word| self.names.iter().any(|known| known.eq_ignore_ascii_case(word)))
    }

    /// Whether a tag says so.
    pub fn is_tagged(&self, asset: &Asset) -> bool {
        asset.tags.iter().any(|(key, value)| {
            let mut rules = self.tags.iter().filter(|(name, _)| same_name(name, key));
            !value.trim().is_empty()
                && !words_of(value).any(|word| NO.iter().any(|no| no.eq_ignore_ascii_case(word)))
                && rules.any(|(_, wanted)| wanted.is_empty() || wanted.iter().any(|word| says(value, word)))
        })
    }

    /// What a store says under the first of these tags that says anything.
    pub fn said<'t>(keys: &[String], asset: &'t Asset) -> Option<&'t str> {
        keys.iter().find_map(|wanted| {
            let mut said = asset.tags.iter().filter(|(key, _)| same_name(wanted, key));
            said.find_map(|(_, value)| Some(value.trim()).filter(|value| !is_nothing(value)))
        })
    }
}

fn is_nothing(value: &str) -> bool {
    value.is_empty() || NOTHING.iter().any(|nothing| nothing.eq_ignore_ascii_case(value))
}

/// Whether a value is that word, or has it among others.
fn says(value: &str, word: &str) -> bool {
    same_name(value.trim(), word) || words_of(value).any(|part| part.eq_ignore_ascii_case(word))
}

/// Whether two names of tags are one: `DataClassification`, `data-classification` and `data_classification` are.
pub fn same_name(a: &str, b: &str) -> bool {
    let letters = |name: &str| -> String {
        name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
    };
    letters(a) == letters(b)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use partywall_model::Provider;

    use super::*;

    fn tagged(key: &str, value: &str) -> Asset {
        let mut asset = Asset::new(Provider::Aws, "AWS::S3::Bucket", "arn:aws:s3:::a");
        asset.tags.insert(key.into(), value.into());
        asset
    }

    #[test]
    fn tags_and_names_mark_a_store_word_by_word() {
        let personal = PersonalData::default();
        for (key, value) in [
            ("data-classification", "personal"),
            ("DataClassification", "Confidential PII"),
            ("data_category", "Special Category"),
            ("contains_pii", "yes"),
            ("PersonalData", "true"),
        ] {
            assert!(personal.is_tagged(&tagged(key, value)), "{key}={value}");
        }
        for (key, value) in [
            ("data-classification", "non-personal"),
            ("data-classification", "personalised"),
            ("contains_pii", "false"),
            ("contains_pii", " "),
            ("team", "personal"),
        ] {
            assert!(!personal.is_tagged(&tagged(key, value)), "{key}={value}");
        }
        assert!(personal.is_named("prod_payroll-2026") && !personal.is_named("personalisation-models"));
    }

    #[test]
    fn a_place_holder_is_no_answer() {
        let keys = PersonalData::default().owner;
        assert_eq!(PersonalData::said(&keys, &tagged("Data-Owner", " people ")), Some("people"));
        for value in ["TBD", "", "n/a"] {
            assert_eq!(PersonalData::said(&keys, &tagged("owner", value)), None, "{value}");
        }
    }
}
