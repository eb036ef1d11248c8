//! Steps along a value: attributes, indexes and splats.

use super::super::syntax::{Span, Step};
use super::super::value::{Object, Outcome, Rest, Value};
use super::{Machine, Scope};

impl Machine<'_> {
    /// Follows the steps from a value.
    pub(super) fn walk(&self, start: Value, steps: &[Step], span: Span, scope: &Scope<'_>) -> Outcome {
        let mut value = start;
        let mut rest = steps;
        while let Some((step, following)) = rest.split_first() {
            rest = following;
            value = match step {
                Step::Attribute(name) => self.attribute(&value, name, span, scope)?,
                Step::Index(index) => {
                    let key = self.eval(index, scope)?;
                    self.index(&value, &key, span, scope)?
                }
                Step::FullSplat => {
                    rest = &[];
                    self.splat(&value, following, span, scope)?
                }
                Step::AttributeSplat => {
                    let length =
                        following.iter().take_while(|step| matches!(step, Step::Attribute(_))).count();
                    let (own, after) = following.split_at(length);
                    rest = after;
                    self.splat(&value, own, span, scope)?
                }
            };
        }
        Ok(value)
    }

    fn splat(&self, value: &Value, steps: &[Step], span: Span, scope: &Scope<'_>) -> Outcome {
        let items = match value {
            Value::Unknown(why) => return Ok(Value::Unknown(why.clone())),
            Value::Null => return Ok(Value::list(Vec::new())),
            Value::List(items) | Value::Set(items) => items,
            single => std::slice::from_ref(single),
        };
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            found.push(self.walk(item.clone(), steps, span, scope)?);
        }
        Ok(Value::list(found))
    }

    pub(super) fn attribute(&self, value: &Value, name: &str, span: Span, scope: &Scope<'_>) -> Outcome {
        match value {
            Value::Unknown(why) => Ok(Value::Unknown(why.clone())),
            Value::Object(object) => self.entry(object, name, span, scope),
            Value::List(_) | Value::Set(_) if name.parse::<i64>().is_ok() => {
                self.index(value, &Value::text(name), span, scope)
            }
            // Old code takes an attribute of a block that can stand only once.
            Value::List(items) if items.len() == 1 && matches!(items.first(), Some(Value::Object(_))) => {
                match items.first() {
                    Some(only) => self.attribute(only, name, span, scope),
                    None => Ok(Value::Null),
                }
            }
            other => {
                Err(self.error(&format!("a {} has no attribute `{name}`", other.type_name()), span, scope))
            }
        }
    }

    fn entry(&self, object: &Object, name: &str, span: Span, scope: &Scope<'_>) -> Outcome {
        match (object.entries.get(name), &object.rest) {
            (None | Some(Value::Null), Rest::Instance(_)) => match self.computed(object, name) {
                Some(value) => Ok(value),
                None => Ok(Value::Null),
            },
            (Some(value), _) => Ok(value.clone()),
            (None, Rest::Open(why) | Rest::AfterApply(why)) => Ok(Value::Unknown(why.clone())),
            (None, Rest::Module(frame)) => self.output(*frame, name),
            (None, _) => Err(self.error(&format!("there is no attribute `{name}`"), span, scope)),
        }
    }

    pub(super) fn index(&self, value: &Value, key: &Value, span: Span, scope: &Scope<'_>) -> Outcome {
        if let Some(why) = value.why().or_else(|| key.why()) {
            return Ok(Value::Unknown(why.clone()));
        }
        match value {
            Value::List(items) | Value::Set(items) => {
                let at = key.to_int().and_then(|at| usize::try_from(at).ok());
                match at.and_then(|at| items.get(at)) {
                    Some(item) => Ok(item.clone()),
                    None => {
                        let key = key.to_text().unwrap_or_else(|| key.type_name().into());
                        let what = format!("a list of {} has no element `{key}`", items.len());
                        Err(self.error(&what, span, scope))
                    }
                }
            }
            Value::Object(object) => match key.to_text() {
                Some(name) => self.entry(object, &name, span, scope),
                None => Err(self.error("a key must be a text", span, scope)),
            },
            other => Err(self.error(&format!("a {} has no elements", other.type_name()), span, scope)),
        }
    }
}
