//! IAM policy documents, read from nodes.
//!
//! This is the simple form: globs, principals and the conditions that narrow who may use a statement. Source:
//! AWS IAM User Guide, "IAM JSON policy elements reference". A document with anything unknown in it is unknown
//! as a whole, because the part that nobody saw could be the denial.

use std::borrow::Cow;
use std::sync::Arc;

use partywall_model::{Node, Why, WhyKind};

use super::glob::{ANY_NAME, Case, glob, includes, overlap};
use super::narrowing::{self, Condition};
use super::{Answer, seen};

/// The statements of a document.
pub(super) struct Document<'n> {
    statements: Vec<Statement<'n>>,
}

/// One statement.
pub(super) struct Statement<'n> {
    node: &'n Node,
    position: usize,
    effect: Effect,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// Whom a statement is about.
pub(super) enum Principals<'n> {
    /// `*` in any of its spellings.
    Anyone,
    /// Everyone but some (`NotPrincipal`).
    AllBut,
    /// AWS principals, by ARN or account id.
    Aws(Vec<Cow<'n, str>>),
    /// Nobody of AWS: services, federated and canonical users alone.
    Others,
}

impl<'n> Document<'n> {
    /// Reads a document; an absent one has no statements.
    pub(super) fn read(node: &'n Node) -> Answer<Self> {
        seen(node)?;
        let statements = match node {
            Node::Absent => &Node::Absent,
            Node::Map(map) => map.get("Statement").unwrap_or(&Node::Absent),
            _ => return Err(malformed("it is not a JSON object")),
        };
        let statements: Vec<&Node> = match statements {
            Node::Absent => Vec::new(),
            Node::List(items) => items.iter().collect(),
            one => vec![one],
        };
        let statements = statements
            .into_iter()
            .enumerate()
            .map(|(position, node)| Statement::read(node, position))
            .collect::<Answer<_>>()?;
        Ok(Self { statements })
    }

    pub(super) fn allows(&self) -> impl Iterator<Item = &Statement<'n>> {
        self.statements.iter().filter(|statement| statement.effect == Effect::Allow)
    }

    pub(super) fn denials(&self) -> impl Iterator<Item = &Statement<'n>> {
        self.statements.iter().filter(|statement| statement.effect == Effect::Deny)
    }
}

fn malformed(what: &str) -> Arc<Why> {
    Arc::new(Why::new(WhyKind::Malformed, "policy document").with_message(what))
}

impl<'n> Statement<'n> {
    fn read(node: &'n Node, position: usize) -> Answer<Self> {
        if !matches!(node, Node::Map(_)) {
            return Err(malformed("a statement is not a JSON object"));
        }
        let effect = match node.key("Effect").as_str() {
            Some(effect) if effect.eq_ignore_ascii_case("Allow") => Effect::Allow,
            Some(effect) if effect.eq_ignore_ascii_case("Deny") => Effect::Deny,
            _ => return Err(malformed("a statement's Effect is neither Allow nor Deny")),
        };
        Ok(Self { node, position, effect })
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
        let aws = values(principal.key("AWS"));
        match aws.as_slice() {
            [] => Principals::Others,
            some if some.iter().any(|principal| principal == "*") => Principals::Anyone,
            _ => Principals::Aws(aws),
        }
    }

    /// Whether it lets in, or keeps out, everyone or everyone but some.
    pub(super) fn is_for_anyone(&self) -> bool {
        matches!(self.principals(), Principals::Anyone | Principals::AllBut)
    }

    /// Federated principals: provider ARNs and host names.
    pub(super) fn federated(&self) -> Vec<&'n str> {
        texts(self.node.key("Principal").key("Federated"))
    }

    /// Whether it is about an action.
    pub(super) fn covers_action(&self, action: &str) -> bool {
        match self.not("Action") {
            Some(excluded) => !excluded.iter().any(|pattern| glob(pattern, action, Case::Ignore)),
            None => self.actions().iter().any(|pattern| glob(pattern, action, Case::Ignore)),
        }
    }

    /// The action patterns that it names; empty for `NotAction`.
    pub(super) fn actions(&self) -> Vec<&'n str> {
        texts(self.node.key("Action"))
    }

    /// The action patterns that it leaves out, where it is written with `NotAction`.
    pub(super) fn excluded_actions(&self) -> Option<Vec<&'n str>> {
        self.not("Action")
    }

    /// Whether it is about every action: `*`, or a `NotAction` that leaves nothing out.
    pub(super) fn covers_every_action(&self) -> bool {
        match self.not("Action") {
            Some(excluded) => excluded.is_empty(),
            None => self.actions().iter().any(|action| {
                // The shortest name and a longer one: what fits both and knows neither fits all.
                let fits = |name: &str| glob(action, name, Case::Ignore);
                fits("\u{1}:\u{1}") && fits(&format!("{ANY_NAME}:{ANY_NAME}"))
            }),
        }
    }

    /// Whether it is about a resource.
    pub(super) fn covers_resource(&self, resource: &str) -> bool {
        let matches = |pattern: &&str| glob(&same_partition(pattern), &same_partition(resource), Case::Keep);
        match self.not("Resource") {
            Some(excluded) => !excluded.iter().any(matches),
            // A resource policy may leave the resource out: then it is about its own.
            None => self.node.key("Resource").is_absent() || self.resources().iter().any(matches),
        }
    }

    fn resources(&self) -> Vec<&'n str> {
        texts(self.node.key("Resource"))
    }

    /// Whether it is about all actions and resources that another one is about.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let actions = match other.not("Action") {
            Some(_) => self.covers_every_action(),
            None => other.actions().iter().all(|action| match self.not("Action") {
                Some(excluded) => !excluded.iter().any(|pattern| overlap(pattern, action, Case::Ignore)),
                None => self.actions().iter().any(|pattern| includes(pattern, action, Case::Ignore)),
            }),
        };
        let named = other.not("Resource").is_none() && !other.node.key("Resource").is_absent();
        let resources = match named {
            false => {
                self.not("Resource").is_none_or(|excluded| excluded.is_empty()) && self.covers_resource("*")
            }
            true => other.resources().iter().all(|resource| match self.not("Resource") {
                Some(excluded) => !excluded.iter().any(|pattern| overlap(pattern, resource, Case::Keep)),
                None => {
                    self.node.key("Resource").is_absent()
                        || self.resources().iter().any(|pattern| includes(pattern, resource, Case::Keep))
                }
            }),
        };
        actions && resources
    }

    fn not(&self, element: &str) -> Option<Vec<&'n str>> {
        let node = self.node.key(&format!("Not{element}"));
        (!node.is_absent()).then(|| texts(node))
    }

    /// Its conditions; all of them must hold.
    pub(super) fn conditions(&self) -> impl Iterator<Item = Condition<'n>> {
        self.node.key("Condition").entries().flat_map(|(operator, keys)| {
            keys.entries().map(move |(key, given)| Condition { operator, key, values: values(given) })
        })
    }

    /// Whether it surely has its effect on a principal of its own account: a denial that has no condition, a
    /// permission whose conditions only say how to sign in and connect.
    pub(super) fn is_certain(&self) -> bool {
        match self.effect {
            Effect::Deny => self.conditions().next().is_none(),
            Effect::Allow => self.conditions().all(|condition| condition.is_about_the_session()),
        }
    }

    /// Whether a condition leaves so few principals or places that "anyone" is no longer true.
    pub(super) fn is_narrowed(&self) -> bool {
        self.conditions().any(|condition| condition.narrows())
    }

    /// Of a denial: whether it denies everyone, or everyone who is not among a few: each condition spares a few
    /// only, and together they spare those alone.
    pub(super) fn denies_all_but_few(&self) -> bool {
        match self.principals() {
            Principals::Anyone => self.conditions().all(|condition| condition.spares_few()),
            Principals::AllBut => {
                let spared = self.node.key("NotPrincipal");
                let everyone =
                    spared.as_str() == Some("*") || values(spared.key("AWS")).iter().any(|p| p == "*");
                !everyone && self.conditions().next().is_none()
            }
            _ => false,
        }
    }
}

/// ARNs of the partitions of China and of the United States' government, as those of the first.
fn same_partition(arn: &str) -> Cow<'_, str> {
    match arn.strip_prefix("arn:aws-cn:").or_else(|| arn.strip_prefix("arn:aws-us-gov:")) {
        Some(rest) => Cow::Owned(format!("arn:aws:{rest}")),
        None => Cow::Borrowed(arn),
    }
}

/// One text or many.
pub(super) fn texts(node: &Node) -> Vec<&str> {
    match node {
        Node::Text(text) => vec![text],
        Node::List(items) => items.iter().filter_map(Node::as_str).collect(),
        _ => Vec::new(),
    }
}

/// One value or many, as texts: a policy may write `true` for `"true"` and an account id as a number.
fn values(node: &Node) -> Vec<Cow<'_, str>> {
    match node {
        Node::Text(text) => vec![Cow::Borrowed(&**text)],
        Node::Bool(value) => vec![Cow::Borrowed(if *value { "true" } else { "false" })],
        Node::Int(number) => vec![Cow::Owned(number.to_string())],
        Node::List(items) => items.iter().flat_map(values).collect(),
        _ => Vec::new(),
    }
}

/// The account in an ARN or a bare account id.
pub(super) fn account_of(principal: &str) -> Option<&str> {
    let account = match principal.strip_prefix("arn:") {
        Some(_) => principal.split(':').nth(4)?,
        None => principal,
    };
    narrowing::is_account_id(account).then_some(account)
}
