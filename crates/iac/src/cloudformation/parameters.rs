//! Parameters and pseudo parameters.

use std::sync::Arc;

use partywall_model::Node;

use super::evaluate::{Evaluator, unknown};
use crate::document::{Form, Value};

impl Evaluator<'_> {
    /// The value of a parameter or pseudo parameter, or none where there is none of this name.
    pub(crate) fn parameter(&self, name: &str) -> Option<Node> {
        if let Some((_, value)) = self.loops.iter().rev().find(|(variable, _)| **variable == *name) {
            return Some(Node::Text(value.clone()));
        }
        if name.starts_with("AWS::") {
            return Some(self.pseudo(name));
        }
        let declared = self.parameters.get(name)?;
        let kind = declared.get("Type").and_then(Value::as_str).map_or("String", |kind| &**kind);
        let what = format!("parameter {name}");
        let line = self.source.line(declared.span.start);
        if declared.get("NoEcho").is_some_and(is_true) {
            return Some(unknown(
                what,
                format!("its value is kept out, as `NoEcho` asks ({}:{line})", self.source.path),
            ));
        }
        let allowed = declared.get("AllowedValues").map(Value::items).unwrap_or_default();
        let written = match self.given.get(name) {
            Some(given) => Some(Arc::from(given.as_str())),
            None => match (declared.get("Default"), allowed) {
                (Some(default), _) => scalar(default),
                (None, [only]) => scalar(only),
                (None, _) => None,
            },
        };
        let Some(written) = written else {
            let message =
                format!("parameter `{name}` has no value ({}:{line}); pass --var {name}=…", self.source.path);
            return Some(unknown(what, message));
        };
        // The value that is written is the name under which the value is kept.
        if kind.starts_with("AWS::SSM::Parameter::Value") {
            return Some(unknown(what, format!("its value is in Parameter Store under `{written}`")));
        }
        Some(typed(kind, &written))
    }

    fn pseudo(&self, name: &str) -> Node {
        if let Some(given) = self.given.get(name) {
            return Node::text(given.as_str());
        }
        match name {
            "AWS::Partition" => Node::text("aws"),
            "AWS::URLSuffix" => Node::text("amazonaws.com"),
            "AWS::NoValue" => Node::Absent,
            "AWS::Region" => {
                unknown(name, "the region is chosen when it is deployed; pass --var AWS::Region=…")
            }
            "AWS::AccountId" => {
                unknown(name, "the account is chosen when it is deployed; pass --var AWS::AccountId=…")
            }
            _ => unknown(name, "it is known when it is deployed"),
        }
    }
}

fn typed(kind: &str, written: &Arc<str>) -> Node {
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        let items = written.split(',').map(str::trim).filter(|item| !item.is_empty());
        return Node::List(items.map(Node::from).collect());
    }
    match kind {
        "Number" => written.parse().map_or_else(|_| Node::Text(written.clone()), Node::Int),
        _ => Node::Text(written.clone()),
    }
}

/// A scalar as text.
pub(crate) fn scalar(value: &Value) -> Option<Arc<str>> {
    match &value.form {
        Form::Text(text) => Some(text.clone()),
        Form::Bool(value) => Some(value.to_string().into()),
        Form::Int(value) => Some(value.to_string().into()),
        Form::Float(value) => Some(value.to_string().into()),
        // `Default:` with nothing behind it.
        Form::Null => Some("".into()),
        Form::List(_) | Form::Map(_) => None,
    }
}

fn is_true(value: &Value) -> bool {
    scalar(value).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}
