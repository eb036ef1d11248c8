//! IAM policy documents, read from nodes.
//!
//! This is the simple form: globs, principals and the conditions that narrow who may use a statement. Source:
//! AWS IAM User Guide, "IAM JSON policy elements reference". A document with anything unknown in it is unknown
//! as a whole, because the part that nobody saw could be the denial.

use std::sync::Arc;

use partywall_model::{Node, Why, WhyKind};

use super::cidr::Cidr;
use super::{Answer, seen};

/// The statements of a document.
pub(super) struct Document<'n> {
    pub(super) statements: Vec<Statement<'n>>,
}

/// One statement.
pub(super) struct Statement<'n> {
    node: &'n Node,
    position: usize,
}

/// Whom a statement is about.
pub(super) enum Principals<'n> {
    /// `*` in any of its spellings.
    Anyone,
    /// Everyone but some (`NotPrincipal`).
    AllBut,
    /// AWS principals, by ARN or account id.
    Aws(Vec<&'n str>),
    /// Nobody of AWS: services, federated and canonical users alone.
    Others,
}

impl<'n> Document<'n> {
    /// Reads a document; an absent one has no statements.
    pub(super) fn read(node: &'n Node) -> Answer<Self> {
        seen(node)?;
        let malformed =
            |what: &str| Err(Arc::new(Why::new(WhyKind::Malformed, "policy document").with_message(what)));
        let statements = match node {
            Node::Absent => &Node::Absent,
            Node::Map(map) => map.get("Statement").unwrap_or(&Node::Absent),
            _ => return malformed("it is not a JSON object"),
        };
        let statements: Vec<&Node> = match statements {
            Node::Absent => Vec::new(),
            Node::List(items) => items.iter().collect(),
            one => vec![one],
        };
        if statements.iter().any(|statement| !matches!(statement, Node::Map(_))) {
            return malformed("a statement is not a JSON object");
        }
        let statements =
            statements.into_iter().enumerate().map(|(position, node)| Statement { node, position }).collect();
        Ok(Self { statements })
    }

    pub(super) fn allows(&self) -> impl Iterator<Item = &Statement<'n>> {
        self.statements.iter().filter(|statement| statement.is_allow())
    }

    pub(super) fn denials(&self) -> impl Iterator<Item = &Statement<'n>> {
        self.statements.iter().filter(|statement| !statement.is_allow())
    }
}

impl<'n> Statement<'n> {
    fn is_allow(&self) -> bool {
        self.node.key("Effect").as_str().is_some_and(|effect| effect.eq_ignore_ascii_case("Allow"))
    }

    /// Its Sid, or its number from 1.
    pub(super) fn name(&self) -> String {
        match self.node.key("Sid").as_str() {
            Some(sid) if !sid.is_empty() => sid.to_owned(),
            _ => format!("statement {}", self.position + 1),
        }
    }

    /// Whom it is about.
    pub(super) fn principals(&self) -> Principals<'n> {
        if !self.node.key("NotPrincipal").is_absent() {
            return Principals::AllBut;
        }
        let principal = self.node.key("Principal");
        if principal.as_str() == Some("*") {
            return Principals::Anyone;
        }
        let aws = texts(principal.key("AWS"));
        match aws.as_slice() {
            [] => Principals::Others,
            some if some.contains(&"*") => Principals::Anyone,
            _ => Principals::Aws(aws),
        }
    }

    /// Federated principals: provider ARNs and host names.
    pub(super) fn federated(&self) -> Vec<&'n str> {
        texts(self.node.key("Principal").key("Federated"))
    }

    /// Whether it is about an action.
    pub(super) fn covers_action(&self, action: &str) -> bool {
        let matches = |patterns: &[&str]| patterns.iter().any(|pattern| glob(pattern, action, Case::Ignore));
        match self.not("Action") {
            Some(excluded) => !matches(&excluded),
            None => matches(&self.actions()),
        }
    }

    /// The action patterns that it names; empty for `NotAction`.
    pub(super) fn actions(&self) -> Vec<&'n str> {
        texts(self.node.key("Action"))
    }

    /// Whether it is about every action: `*`, or a `NotAction` that leaves only things out that do not exist.
    pub(super) fn covers_every_action(&self) -> bool {
        match self.not("Action") {
            Some(excluded) => excluded.is_empty(),
            None => self.actions().iter().any(|action| matches!(*action, "*" | "*:*")),
        }
    }

    /// Whether it is about a resource, given as a text that may itself stand for many (`*`).
    pub(super) fn covers_resource(&self, resource: &str) -> bool {
        match self.not("Resource") {
            Some(excluded) => excluded.is_empty(),
            None => {
                let resources = texts(self.node.key("Resource"));
                // A resource policy may leave the resource out: then it is about its own.
                self.node.key("Resource").is_absent()
                    || resources.iter().any(|pattern| glob(pattern, resource, Case::Keep))
            }
        }
    }

    fn not(&self, element: &str) -> Option<Vec<&'n str>> {
        let node = self.node.key(&format!("Not{element}"));
        (!node.is_absent()).then(|| texts(node))
    }

    /// Whether it has conditions at all.
    pub(super) fn is_conditional(&self) -> bool {
        self.node.key("Condition").entries().next().is_some()
    }

    /// Its conditions: operator, key, values.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (&'n str, &'n str, Vec<&'n str>)> {
        self.node.key("Condition").entries().flat_map(|(operator, keys)| {
            keys.entries().map(move |(key, values)| (operator, key, texts(values)))
        })
    }

    /// Whether a condition leaves so few principals or places that "anyone" is no longer true.
    pub(super) fn is_narrowed(&self) -> bool {
        self.conditions().any(|(operator, key, values)| narrows(operator, key, &values))
    }

    /// Of a denial: whether it denies everyone who is not among a few (`StringNotEquals` on a narrowing key).
    pub(super) fn denies_all_but_few(&self) -> bool {
        if matches!(self.principals(), Principals::AllBut) {
            return true;
        }
        matches!(self.principals(), Principals::Anyone)
            && self.conditions().any(|(operator, key, values)| {
                positive_of(operator).is_some_and(|positive| narrows(positive, key, &values))
            })
            && self.conditions().count() == 1
    }
}

/// Keys that say who or where from. Global ones: AWS IAM User Guide, "AWS global condition context keys".
const NARROWING_KEYS: [&str; 19] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "ec2:sourceinstancearn",
    "sts:rolesessionname",
];

/// Whether a positive condition leaves few principals or places. `…IfExists` and `ForAllValues:` hold where
/// the key is missing, so they narrow nothing.
fn narrows(operator: &str, key: &str, values: &[&str]) -> bool {
    let operator = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
    let key = key.to_ascii_lowercase();
    if values.is_empty() {
        return false;
    }
    match operator {
        "IpAddress" => {
            matches!(&*key, "aws:sourceip" | "aws:vpcsourceip")
                && values.iter().all(|value| Cidr::parse(value).is_some_and(|range| !range.is_everywhere()))
        }
        "StringEquals" | "StringEqualsIgnoreCase" | "Bool" => {
            NARROWING_KEYS.contains(&&*key) && !(operator == "Bool" && values.contains(&"false"))
        }
        "StringLike" | "ArnLike" | "ArnEquals" => {
            NARROWING_KEYS.contains(&&*key) && values.iter().all(|value| names_somebody(value))
        }
        _ => false,
    }
}

/// Whether a pattern fixes something: an ARN its account or (for S3, which has none there) its resource, any
/// other text a beginning.
fn names_somebody(pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    match parts.as_slice() {
        [_, _, _, _, "", resource] => !resource.starts_with('*'),
        [_, _, _, _, account, _] => !account.contains('*'),
        _ => !pattern.starts_with('*') && !pattern.is_empty(),
    }
}

fn positive_of(operator: &str) -> Option<&'static str> {
    match operator
        .trim_end_matches("IfExists")
        .trim_start_matches("ForAnyValue:")
        .trim_start_matches("ForAllValues:")
    {
        "StringNotEquals" | "StringNotEqualsIgnoreCase" => Some("StringEquals"),
        "StringNotLike" => Some("StringLike"),
        "ArnNotLike" | "ArnNotEquals" => Some("ArnLike"),
        "NotIpAddress" => Some("IpAddress"),
        _ => None,
    }
}

/// One text or many.
pub(super) fn texts(node: &Node) -> Vec<&str> {
    match node {
        Node::Text(text) => vec![text],
        Node::Bool(true) => vec!["true"],
        Node::Bool(false) => vec!["false"],
        Node::List(items) => items.iter().filter_map(Node::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether letters of different case are the same: in actions, not in resources.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Ignore,
    Keep,
}

/// IAM's globs: `*` is any text, `?` any one character. Linear in the product of the lengths.
pub(super) fn glob(pattern: &str, text: &str, case: Case) -> bool {
    let fold = |c: char| if case == Case::Ignore { c.to_ascii_lowercase() } else { c };
    let pattern: Vec<char> = pattern.chars().map(fold).collect();
    let text: Vec<char> = text.chars().map(fold).collect();
    let (mut at, mut from) = (0, 0);
    let mut star = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some('?') => {
                at += 1;
                from += 1;
            }
            Some(c) if text.get(from) == Some(c) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((star_at, star_from)) => {
                    at = star_at + 1;
                    from = star_from + 1;
                    star = Some((star_at, star_from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|c| *c == '*')
}

/// The account in an ARN or a bare account id.
pub(super) fn account_of(principal: &str) -> Option<&str> {
    let account = match principal.strip_prefix("arn:") {
        Some(_) => principal.split(':').nth(4)?,
        None => principal,
    };
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_iam_does() {
        for (pattern, text, matches) in [
            ("s3:Get*", "s3:GetObject", true),
            ("S3:get*", "s3:GetObject", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:*Object", "s3:GetObjectAcl", false),
            ("*", "", true),
            ("a*b*c", "aXbXbXc", true),
            ("", "x", false),
        ] {
            assert_eq!(glob(pattern, text, Case::Ignore), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn conditions_narrow_only_where_they_leave_few() {
        for (operator, key, values, narrow) in [
            ("IpAddress", "aws:SourceIp", vec!["203.0.113.0/24"], true),
            ("IpAddress", "aws:SourceIp", vec!["203.0.113.0/24", "0.0.0.0/0"], false),
            ("StringEquals", "aws:PrincipalOrgID", vec!["o-abc"], true),
            ("StringEqualsIfExists", "aws:PrincipalOrgID", vec!["o-abc"], false),
            ("StringLike", "aws:PrincipalArn", vec!["*"], false),
            ("ArnLike", "aws:SourceArn", vec!["arn:aws:s3:::logs"], true),
            ("ArnLike", "aws:PrincipalArn", vec!["arn:aws:iam::*:role/x"], false),
            ("Bool", "aws:SecureTransport", vec!["true"], false),
            ("StringEquals", "sts:ExternalId", vec!["x"], false),
        ] {
            assert_eq!(narrows(operator, key, &values), narrow, "{operator} {key} {values:?}");
        }
    }
}
