//! `[for …]` and `{for …}`.

use super::super::syntax::{Expr, For, Span};
use super::super::value::{Entries, Outcome, Reason, Rest, Value, reason};
use super::{ITEM_LIMIT, Machine, Name, Scope};

/// What a collection is walked through as: pairs of key and value, and why there may be more.
pub(super) struct Walked {
    pub(super) pairs: Vec<(Value, Value)>,
    pub(super) more: Option<Reason>,
}

impl Machine<'_> {
    /// The pairs of a collection; none where it cannot be walked through at all.
    pub(super) fn pairs(&self, value: Value) -> Result<Walked, &'static str> {
        let value = self.settled(value);
        let (pairs, more) = match &value {
            Value::List(items) => {
                (items.iter().enumerate().map(|(at, item)| (Value::count(at), item.clone())).collect(), None)
            }
            Value::Set(items) => (items.iter().map(|item| (item.clone(), item.clone())).collect(), None),
            Value::Object(object) => {
                let more = match &object.rest {
                    Rest::Open(why) => Some(why.clone()),
                    Rest::Instance(instance) => Some(instance.reason.clone()),
                    Rest::Closed | Rest::AfterApply(_) | Rest::Module(_) => None,
                };
                let pairs = object.entries.iter();
                (pairs.map(|(name, value)| (Value::Text(name.clone()), value.clone())).collect(), more)
            }
            Value::Unknown(why) => (Vec::new(), Some(why.clone())),
            Value::Null => return Err("null cannot be walked through"),
            _ => return Err("only a list, set or map can be walked through"),
        };
        Ok(Walked { pairs, more })
    }

    pub(super) fn comprehension(&self, written: &For, span: Span, scope: &Scope<'_>) -> Outcome {
        let over = self.eval(&written.over, scope)?;
        let walked = self.pairs(over).map_err(|what| self.error(what, written.over.span, scope))?;
        if walked.pairs.len() > ITEM_LIMIT {
            let what = format!("more than {ITEM_LIMIT} elements are walked through");
            return Ok(Value::Unknown(reason("for", format!("{what} ({})", scope.place(span)))));
        }
        match &written.key_result {
            None => self.list(written, walked, scope),
            Some(key) => self.map(written, key, walked, scope),
        }
    }

    fn list(&self, written: &For, walked: Walked, scope: &Scope<'_>) -> Outcome {
        if let Some(why) = walked.more {
            return Ok(Value::Unknown(why));
        }
        let mut found = Vec::with_capacity(walked.pairs.len());
        for (key, value) in walked.pairs {
            let outer = named(&written.key, key, scope);
            let inner = Scope { names: Some(&outer), ..*scope };
            let name = Name { name: &written.value, value, outer: inner.names };
            let inner = Scope { names: Some(&name), ..inner };
            match self.wanted(written, &inner)? {
                Wanted::Yes => found.push(self.eval(&written.result, &inner)?),
                Wanted::No => {}
                Wanted::Unknown(why) => return Ok(Value::Unknown(why)),
            }
        }
        Ok(Value::list(found))
    }

    fn map(&self, written: &For, key_result: &Expr, walked: Walked, scope: &Scope<'_>) -> Outcome {
        let mut groups: std::collections::BTreeMap<std::sync::Arc<str>, Vec<Value>> = Default::default();
        let mut entries = Entries::new();
        let mut rest = walked.more.map_or(Rest::Closed, Rest::Open);
        for (key, value) in walked.pairs {
            let outer = named(&written.key, key, scope);
            let inner = Scope { names: Some(&outer), ..*scope };
            let name = Name { name: &written.value, value, outer: inner.names };
            let inner = Scope { names: Some(&name), ..inner };
            match self.wanted(written, &inner)? {
                Wanted::Yes => {}
                Wanted::No => continue,
                Wanted::Unknown(why) => {
                    rest = Rest::Open(why);
                    continue;
                }
            }
            let key = self.eval(key_result, &inner)?;
            if let Some(why) = key.why() {
                rest = Rest::Open(why.clone());
                continue;
            }
            let Some(key) = key.to_text() else {
                return Err(self.error("a key must be a text", key_result.span, scope));
            };
            let result = self.eval(&written.result, &inner)?;
            if written.grouped {
                groups.entry(key).or_default().push(result);
            } else {
                entries.insert(key, result);
            }
        }
        if written.grouped {
            if let Rest::Open(why) = &rest {
                return Ok(Value::Unknown(why.clone()));
            }
            entries = groups.into_iter().map(|(key, items)| (key, Value::list(items))).collect();
        }
        if let Rest::Open(why) = &rest
            && entries.is_empty()
        {
            return Ok(Value::Unknown(why.clone()));
        }
        Ok(Value::object_with(entries, rest))
    }

    fn wanted(&self, written: &For, scope: &Scope<'_>) -> Result<Wanted, Reason> {
        let Some(condition) = &written.condition else { return Ok(Wanted::Yes) };
        let value = self.eval(condition, scope)?;
        if let Some(why) = value.why() {
            return Ok(Wanted::Unknown(why.clone()));
        }
        Ok(if self.truth(&value, condition.span, scope)? { Wanted::Yes } else { Wanted::No })
    }
}

enum Wanted {
    Yes,
    No,
    Unknown(Reason),
}

fn named<'s>(name: &'s Option<std::sync::Arc<str>>, value: Value, scope: &Scope<'s>) -> Name<'s> {
    Name { name: name.as_deref().unwrap_or(""), value, outer: scope.names }
}
