//! Conditions that say who or where from.
//!
//! A statement for `*` is open to anyone unless a condition leaves few principals or places. Sources: AWS IAM
//! User Guide, "AWS global condition context keys" and "IAM JSON policy elements: Condition operators"; S3 User
//! Guide, "The meaning of public".

use std::borrow::Cow;

use super::cidr::Cidr;

/// One condition of a statement: some of `values` must stand in the relation `operator` to what the request
/// has under `key`.
pub(super) struct Condition<'n> {
    pub(super) operator: &'n str,
    pub(super) key: &'n str,
    pub(super) values: Vec<Cow<'n, str>>,
}

/// Keys whose values name principals, organisations, networks or resources. What the caller chooses itself
/// (a session's name, a tag of its own, a header) is not among them.
const NARROWING_KEYS: [&str; 25] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "ec2:sourceinstancearn",
    "kms:calleraccount",
    // The service checks the token, and a direct call has none (Lambda API reference, "AddPermission").
    "lambda:eventsourcetoken",
    "s3:accesspointnetworkorigin",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// Keys that say how a session signed in and connected, not what it may do.
const SESSION_KEYS: [&str; 3] =
    ["aws:multifactorauthpresent", "aws:multifactorauthage", "aws:securetransport"];

impl Condition<'_> {
    /// Whether its key is this one: the names of keys are compared without regard to case.
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }

    /// Whether it asks for a text among its values and leaves nobody through who has none: `…IfExists` and
    /// `ForAllValues:` hold where the key is missing.
    pub(super) fn asks_for_text(&self) -> bool {
        matches!(self.positive_operator(), "StringEquals" | "StringEqualsIgnoreCase" | "StringLike")
            && !self.values.is_empty()
    }

    /// Whether a value of it that holds wildcards is a pattern.
    pub(super) fn has_patterns(&self) -> bool {
        matches!(self.positive_operator(), "StringLike" | "ArnLike" | "ArnEquals")
    }

    /// Whether it leaves few principals or places.
    pub(super) fn narrows(&self) -> bool {
        narrows(self.positive_operator(), self.key, &self.values)
    }

    /// Of a denial: whether those whom the condition spares are few.
    pub(super) fn spares_few(&self) -> bool {
        // `ForAnyValue:` with a negated operator does not hold where the key is missing: most are spared.
        let operator = self.operator.strip_prefix("ForAllValues:").unwrap_or(self.operator);
        let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
        let positive = match operator {
            "StringNotEquals" | "StringNotEqualsIgnoreCase" => "StringEquals",
            "StringNotLike" => "StringLike",
            "ArnNotLike" | "ArnNotEquals" => "ArnLike",
            "NotIpAddress" => "IpAddress",
            "Bool" => return self.is_on("aws:PrincipalIsAWSService") && self.says("false"),
            _ => return false,
        };
        narrows(positive, self.key, &self.values)
    }

    /// Whether it only asks how the session signed in and connected.
    pub(super) fn is_about_the_session(&self) -> bool {
        SESSION_KEYS.iter().any(|key| self.is_on(key)) && (self.operator == "Null" || !self.says("false"))
    }

    /// Whether its only value is this one.
    pub(super) fn says(&self, value: &str) -> bool {
        matches!(self.values.as_slice(), [only] if only.eq_ignore_ascii_case(value))
    }

    /// Of a key with many values, one that fits is enough: it is missing from nobody who passes.
    fn positive_operator(&self) -> &str {
        self.operator.strip_prefix("ForAnyValue:").unwrap_or(self.operator)
    }
}

fn narrows(operator: &str, key: &str, values: &[Cow<'_, str>]) -> bool {
    let key = key.to_ascii_lowercase();
    if values.is_empty() {
        return false;
    }
    let narrow_range = |value: &Cow<'_, str>| Cidr::parse(value).is_some_and(|range| !range.is_everywhere());
    match (operator, &*key) {
        ("IpAddress", "aws:sourceip" | "aws:vpcsourceip") => values.iter().all(narrow_range),
        ("StringEquals" | "StringEqualsIgnoreCase" | "Bool", "aws:principalisawsservice") => {
            values.iter().all(|value| value.eq_ignore_ascii_case("true"))
        }
        (_, "s3:accesspointnetworkorigin") => {
            operator == "StringEquals" && values.iter().all(|value| value == "VPC")
        }
        ("StringEquals" | "StringEqualsIgnoreCase", key) => NARROWING_KEYS.contains(&key),
        ("StringLike" | "ArnLike" | "ArnEquals", key) => {
            NARROWING_KEYS.contains(&key) && values.iter().all(|value| names_somebody(value))
        }
        _ => false,
    }
}

/// Whether a pattern fixes somebody: an ARN its account or its bucket, any other text its first part
/// (`o-abc/*`, `AROAEXAMPLE:*`; not `o-*` or `vpc-*`, which fit everybody's).
fn names_somebody(pattern: &str) -> bool {
    let wild = |text: &str| text.contains(['*', '?']);
    if !pattern.starts_with("arn:") {
        let first = pattern.split(['/', ':']).next().unwrap_or_default();
        return !first.is_empty() && !wild(first);
    }
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    match parts.as_slice() {
        // A bucket's ARN has no account, and its name is nobody else's.
        [_, _, "s3", _, account, resource] if !is_account_id(account) => {
            let bucket = resource.split('/').next().unwrap_or_default();
            !bucket.is_empty() && !wild(bucket) && bucket != "accesspoint"
        }
        [_, _, _, _, account, ..] => is_account_id(account.trim_end_matches('*')),
        _ => false,
    }
}

/// Whether a text is the id of an account.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
