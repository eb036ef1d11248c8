//! What came of asking an asset a question: a condition, or how a switch stands.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use partywall_content::{Lifecycle, Switch};
use partywall_expr::{EvalError, Host, HostValue, Program, Scope, Seen, Trace, Truth};
use partywall_model::{Asset, Node, Problem, Why, WhyKind};

use super::date_of;
use super::rules::Question;
use crate::line::{Need, shown};

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    /// The condition holds; the switch is on.
    Yes,
    /// The condition does not hold.
    No,
    /// The switch is off.
    Off { found: Box<str> },
    /// It hangs on something that was not seen.
    Unseen(Vec<Need>),
    /// The switch is no property of the kind.
    Elsewhere,
}

/// Asks. A mistake in the expression goes to `note`, and what was asked counts as unseen.
pub(super) fn ask(
    question: Question<'_>,
    asset: &Asset,
    host: &LifecycleHost<'_>,
    note: &mut dyn FnMut(Problem),
) -> Outcome {
    match question {
        Question::Condition(rule, program) => truth(rule, program, asset, host, note),
        Question::Switch(rule, switch) => position(rule, switch, asset, host, note),
    }
}

fn truth(
    rule: &str,
    program: &Program,
    asset: &Asset,
    host: &LifecycleHost<'_>,
    note: &mut dyn FnMut(Problem),
) -> Outcome {
    let scope = Scope::new().with("asset", &asset.properties);
    let decided = program.evaluate(&scope, host).and_then(|outcome| Ok((outcome.truth()?, outcome.trace)));
    match decided {
        Ok((Truth::True, _)) => Outcome::Yes,
        Ok((Truth::False, _)) => Outcome::No,
        Ok((Truth::Unknown, trace)) => Outcome::Unseen(needs(&trace)),
        Err(error) => {
            let message =
                format!("{error}; who holds the control counts as unknown where this rule is asked");
            note(Problem::new(format!("ssrm rule `{rule}`"), message));
            let why = Why::new(WhyKind::Failed, format!("rule {rule}")).with_message(error.to_string());
            Outcome::Unseen(vec![Need { property: "".into(), why: Arc::new(why) }])
        }
    }
}

fn position(
    rule: &str,
    switch: &Switch,
    asset: &Asset,
    host: &LifecycleHost<'_>,
    note: &mut dyn FnMut(Problem),
) -> Outcome {
    if switch.property.is_empty() {
        return Outcome::Elsewhere;
    }
    let value = asset.properties.at(&switch.property);
    let off = || Outcome::Off { found: shown(value).into() };
    match (&switch.on_when, value) {
        (Some(program), _) => match truth(rule, program, asset, host, note) {
            Outcome::No => off(),
            other => other,
        },
        (None, Node::Unknown(why)) => {
            Outcome::Unseen(vec![Need { property: switch.property.clone(), why: Arc::clone(why) }])
        }
        (None, value) if switch.values.contains(value) => Outcome::Yes,
        (None, _) => off(),
    }
}

/// The unseen properties that were read, else every reason.
fn needs(trace: &Trace) -> Vec<Need> {
    let mut needs: Vec<Need> = trace
        .read
        .iter()
        .filter_map(|read| match &read.value {
            Seen::Plain(Node::Unknown(why)) => {
                Some(Need { property: (&*read.path).into(), why: Arc::clone(why) })
            }
            _ => None,
        })
        .collect();
    for why in &trace.reasons {
        if !needs.iter().any(|need| need.why == *why) {
            needs.push(Need { property: "".into(), why: Arc::clone(why) });
        }
    }
    needs
}

/// Answers the functions that lines may use.
pub(super) struct LifecycleHost<'a> {
    pub(super) lifecycle: &'a Lifecycle,
    pub(super) now: Timestamp,
}

impl LifecycleHost<'_> {
    fn end(&self, product: &Node, version: &Node) -> Option<Date> {
        self.lifecycle.end(product.as_str()?, version.as_str()?)
    }
}

impl Host for LifecycleHost<'_> {
    fn call<'h>(
        &'h self,
        name: &str,
        arguments: &[&Node],
        _: &mut Trace,
    ) -> Result<HostValue<'h>, EvalError> {
        let [product, version] = arguments else {
            return Err(EvalError::host(format!("`{name}` takes a product and a version")));
        };
        let end = self.end(product, version);
        match name {
            "lifecycle.ended" => Ok(Node::Bool(end.is_some_and(|end| end <= date_of(self.now))).into()),
            "lifecycle.known" => Ok(Node::Bool(end.is_some()).into()),
            _ => Err(EvalError::host(format!("lines have no function `{name}`"))),
        }
    }
}
