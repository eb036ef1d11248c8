//! Conditions: true, false, or not decided.

use std::sync::Arc;

use partywall_model::Node;

use super::evaluate::{Evaluator, Reason, reason, shown};
use crate::document::Value;

/// What a condition comes to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Truth {
    Yes,
    No,
    Unknown(Reason),
}

impl Truth {
    fn of(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }

    pub(crate) fn node(self) -> Node {
        match self {
            Self::Yes => Node::Bool(true),
            Self::No => Node::Bool(false),
            Self::Unknown(why) => Node::Unknown(why),
        }
    }
}

impl Evaluator<'_> {
    /// A condition by its name.
    pub(crate) fn condition(&mut self, name: &str) -> Truth {
        match self.truths.get(name) {
            Some(Some(truth)) => return truth.clone(),
            Some(None) => {
                return Truth::Unknown(reason(operation(name), "the condition depends on itself"));
            }
            None => {}
        }
        let Some(value) = self.conditions.get(name).copied() else {
            return Truth::Unknown(reason(operation(name), "there is no such condition"));
        };
        let name: Arc<str> = name.into();
        self.truths.insert(name.clone(), None);
        let truth = match self.truth(value) {
            Truth::Unknown(why) => {
                let message = match why.message.starts_with("it is not decided: ") {
                    true => why.message.clone(),
                    false => format!("it is not decided: {}", why.message).into(),
                };
                Truth::Unknown(reason(operation(&name), message))
            }
            truth => truth,
        };
        self.truths.insert(name, Some(truth.clone()));
        truth
    }

    /// What a condition's expression comes to.
    pub(crate) fn truth(&mut self, value: &Value) -> Truth {
        let Some(entry) = value.single() else { return self.plain_truth(value) };
        match &*entry.key {
            "Condition" => match entry.value.as_str() {
                Some(name) => {
                    let name = self.looped(name);
                    self.deeper(|evaluator| evaluator.condition(&name))
                }
                None => Truth::Unknown(reason("Condition", "it needs the name of a condition")),
            },
            "Fn::Not" => match entry.value.items() {
                [inner] => match self.deeper(|evaluator| evaluator.truth(inner)) {
                    Truth::Yes => Truth::No,
                    Truth::No => Truth::Yes,
                    doubt => doubt,
                },
                _ => Truth::Unknown(reason("Fn::Not", "it needs a list of one condition")),
            },
            "Fn::And" => self.together(entry.value.items(), &Truth::No),
            "Fn::Or" => self.together(entry.value.items(), &Truth::Yes),
            "Fn::Equals" => match entry.value.items() {
                [left, right] => self.equal(left, right),
                _ => Truth::Unknown(reason("Fn::Equals", "it needs two values")),
            },
            _ => self.plain_truth(value),
        }
    }

    /// And, or: one that is `decisive` decides, whatever is not known of the others.
    fn together(&mut self, conditions: &[Value], decisive: &Truth) -> Truth {
        let mut doubt = None;
        for condition in conditions {
            match self.deeper(|evaluator| evaluator.truth(condition)) {
                Truth::Unknown(why) => {
                    doubt.get_or_insert(why);
                }
                truth if truth == *decisive => return truth,
                _ => {}
            }
        }
        match doubt {
            Some(why) => Truth::Unknown(why),
            None if *decisive == Truth::No => Truth::Yes,
            None => Truth::No,
        }
    }

    fn plain_truth(&mut self, value: &Value) -> Truth {
        match self.aside(value) {
            Node::Bool(value) => Truth::of(value),
            Node::Unknown(why) => Truth::Unknown(why),
            Node::Text(text) if text.eq_ignore_ascii_case("true") => Truth::Yes,
            Node::Text(text) if text.eq_ignore_ascii_case("false") => Truth::No,
            _ => Truth::Unknown(reason("Conditions", "the condition is neither true nor false")),
        }
    }

    fn equal(&mut self, left: &Value, right: &Value) -> Truth {
        let (a, b) = (self.aside(left), self.aside(right));
        match (&a, &b) {
            (Node::Unknown(why), other) | (other, Node::Unknown(why)) => {
                let open = if a.is_unknown() { left } else { right };
                match shown(other) {
                    Ok(text) if self.can_never_be(open, &text) => Truth::No,
                    _ => Truth::Unknown(why.clone()),
                }
            }
            (a, b) => Truth::of(same(a, b)),
        }
    }

    /// Whether a value is a parameter that does not allow the text.
    fn can_never_be(&self, value: &Value, text: &str) -> bool {
        let name = value.single().filter(|entry| &*entry.key == "Ref").and_then(|entry| entry.value.as_str());
        let Some(parameter) = name.and_then(|name| self.parameters.get(&**name)) else { return false };
        let allowed = parameter.get("AllowedValues").map(Value::items).unwrap_or_default();
        !allowed.is_empty()
            && allowed
                .iter()
                .all(|allowed| super::parameters::scalar(allowed).is_some_and(|allowed| &*allowed != text))
    }
}

/// Equality as CloudFormation has it: scalars by their text.
pub(crate) fn same(a: &Node, b: &Node) -> bool {
    match (a, b) {
        (Node::List(a), Node::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Node::Map(_), _) | (_, Node::Map(_)) | (Node::Absent, _) | (_, Node::Absent) => a == b,
        _ => matches!((shown(a), shown(b)), (Ok(a), Ok(b)) if a == b),
    }
}

fn operation(name: &str) -> String {
    format!("condition {name}")
}
