//! What findings of another scanner mean here: their checks, our controls.
//!
//! Nothing of what it says is believed more than what was read by ourselves. A map only answers which control a foreign
//! check serves, which check of ours looks for the same gap, and what kind of thing an ARN names.

use std::collections::BTreeMap;

use partywall_model::{CheckId, ControlId, Kind, Problem};
use serde::{Deserialize, Serialize};

use crate::load::Content;

/// One file under `imports/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportMap {
    /// The scanner, which is the file's name.
    pub id: Box<str>,
    /// The cloud that its ids are about.
    pub cloud: Box<str>,
    /// Their check → the check of ours that looks for the same gap.
    pub same: BTreeMap<Box<str>, CheckId>,
    /// What a word in a check's id says of its control; the first that stands in it decides.
    pub words: Vec<WordRule>,
    /// The control for the checks of a service, which is an id's first part.
    pub services: BTreeMap<Box<str>, ControlId>,
    /// What an ARN names; the first that fits decides.
    pub kinds: Vec<ArnRule>,
}

/// A word and its control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordRule {
    /// Stands anywhere in an id.
    pub word: Box<str>,
    /// The control.
    pub control: ControlId,
}

/// How ARNs of a kind begin: `service:resource`, and after a `*` what stands later in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArnRule {
    /// The beginning.
    pub arn: Box<str>,
    /// The kind.
    pub kind: Kind,
}

impl ImportMap {
    /// The control that a foreign check serves; none where nothing is known of it.
    pub fn control<'c>(&'c self, content: &'c Content, check: &str) -> Option<&'c ControlId> {
        let service = check.split('_').next().unwrap_or(check);
        self.services.get(service)?;
        let same = self.same.get(check).and_then(|id| content.check(id.as_str())).map(|check| &check.control);
        let word = || self.words.iter().find(|rule| check.contains(&*rule.word)).map(|rule| &rule.control);
        same.or_else(word).or_else(|| self.services.get(service))
    }

    /// What an ARN names.
    pub fn kind(&self, arn: &str) -> Option<&Kind> {
        let mut parts = arn.splitn(6, ':').skip(2);
        let (service, resource) = (parts.next()?, parts.nth(2)?);
        let named = format!("{service}:{resource}");
        self.kinds.iter().find(|rule| rule.fits(&named)).map(|rule| &rule.kind)
    }

    /// What it names that is not there.
    pub(crate) fn problems(&self, content: &Content) -> Vec<Problem> {
        let place = format!("imports/{}.yaml", self.id);
        let controls = self.words.iter().map(|rule| &rule.control).chain(self.services.values());
        let controls = controls
            .filter(|id| content.control(id.as_str()).is_none())
            .map(|id| Problem::new(&*place, format!("there is no control `{id}`")));
        let checks = self
            .same
            .values()
            .filter(|id| content.check(id.as_str()).is_none())
            .map(|id| Problem::new(&*place, format!("there is no check `{id}`")));
        controls.chain(checks).collect()
    }
}

impl ArnRule {
    fn fits(&self, named: &str) -> bool {
        match self.arn.split_once('*') {
            Some((start, later)) => named.strip_prefix(start).is_some_and(|rest| rest.contains(later)),
            None => named.starts_with(&*self.arn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> ImportMap {
        ImportMap {
            id: "scanner".into(),
            cloud: "aws".into(),
            same: BTreeMap::new(),
            words: vec![WordRule { word: "encrypt".into(), control: "platform.data-encryption".into() }],
            services: BTreeMap::from([("s3".into(), ControlId::from("platform.configuration-scanning"))]),
            kinds: vec![
                ArnRule {
                    arn: "apigateway:/restapis/*/stages/".into(),
                    kind: "AWS::ApiGateway::Stage".into(),
                },
                ArnRule { arn: "apigateway:/restapis/".into(), kind: "AWS::ApiGateway::RestApi".into() },
            ],
        }
    }

    #[test]
    fn a_word_goes_before_the_service_and_an_unknown_service_has_no_control() {
        let (map, content) = (map(), Content::default());
        let of = |check| map.control(&content, check).map(ControlId::as_str);
        assert_eq!(of("s3_bucket_default_encryption"), Some("platform.data-encryption"));
        assert_eq!(of("s3_bucket_lifecycle"), Some("platform.configuration-scanning"));
        assert_eq!(of("teapot_encrypted"), None);
    }

    #[test]
    fn an_arn_names_its_kind_by_the_first_rule_that_fits() {
        let map = map();
        let of = |arn| map.kind(arn).map(Kind::as_str);
        assert_eq!(
            of("arn:aws:apigateway:eu-west-1::/restapis/a/stages/live"),
            Some("AWS::ApiGateway::Stage")
        );
        assert_eq!(of("arn:aws:apigateway:eu-west-1::/restapis/a"), Some("AWS::ApiGateway::RestApi"));
        assert_eq!(of("arn:aws:teapot:eu-west-1::a"), None);
        assert_eq!(of("no arn"), None);
    }
}
