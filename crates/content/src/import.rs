//! What findings of another scanner mean here: their checks, our controls.
//!
//! Nothing of what it says is believed more than what was read by ourselves. A map only answers which control a foreign
//! check serves, which check of ours looks for the same gap, and what kind of thing an ARN names.

use std::collections::BTreeMap;

use partywall_model::{CheckId, ControlId, Kind, Problem};
use serde::{Deserialize, Serialize};

use crate::load::Content;
use crate::validate::is_known;

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

/// How ARNs of a kind begin: `service:resource` or `service:region:account:resource`, and after a `*` what stands later
/// in them.
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
        let service = self.services.get(check.split('_').next().unwrap_or(check));
        let same = self.same.get(check).and_then(|id| content.check(id.as_str())).map(|check| &check.control);
        let word = || self.words.iter().find(|rule| check.contains(&*rule.word)).map(|rule| &rule.control);
        same.or_else(|| service.and_then(|control| word().or(Some(control))))
    }

    /// What an ARN names; none where it stands for a thing that is not there.
    pub fn kind(&self, arn: &str) -> Option<&Kind> {
        let whole = arn.splitn(3, ':').nth(2)?;
        let mut parts = whole.splitn(4, ':');
        let (service, resource) = (parts.next()?, parts.nth(2)?);
        if resource.is_empty() || resource == "unknown" || resource.ends_with("/unknown") {
            return None;
        }
        let short = format!("{service}:{resource}");
        self.kinds.iter().find(|rule| rule.fits(&short) || rule.fits(whole)).map(|rule| &rule.kind)
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
        let kinds = self.kinds.iter().filter(|rule| !is_known(content, &rule.kind)).map(|rule| {
            Problem::new(&*place, format!("no service file and no collector knows `{}`", rule.kind))
        });
        controls.chain(checks).chain(kinds).collect()
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
                ArnRule { arn: "guardduty:detector/".into(), kind: "AWS::GuardDuty::Detector".into() },
                ArnRule { arn: "s3:::".into(), kind: "AWS::S3::Bucket".into() },
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

    #[test]
    fn an_arn_that_stands_for_nothing_names_no_kind() {
        let map = map();
        let of = |arn| map.kind(arn).map(Kind::as_str);
        assert_eq!(of("arn:aws:s3:::harbour"), Some("AWS::S3::Bucket"));
        assert_eq!(of("arn:aws:s3:eu-west-1:111122223333:account"), None);
        assert_eq!(of("arn:aws:s3:::"), None);
        assert_eq!(
            of("arn:aws:guardduty:eu-west-1:111122223333:detector/12ab"),
            Some("AWS::GuardDuty::Detector")
        );
        assert_eq!(of("arn:aws:guardduty:eu-west-1:111122223333:detector/unknown"), None);
    }

    #[test]
    fn a_kind_that_nothing_knows_is_a_problem() {
        let problems = map().problems(&Content::default());
        assert!(problems.iter().any(|problem| problem.message.contains("`AWS::S3::Bucket`")), "{problems:?}");
    }
}
