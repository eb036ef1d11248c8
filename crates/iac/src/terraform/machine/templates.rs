//! Templates: quoted strings, heredocs and template files.
//!
//! A template with an unknown part is unknown as a text. When the text is JSON it is more: the unknown
//! leaves are put in their places in the tree, and the rest of a policy written as a heredoc stays known.

use std::sync::Arc;

use super::super::syntax::{self, Json, JsonKind, Part, Span, TemplateFor};
use super::super::value::{Entries, Object, Outcome, Reason, Value, reason};
use super::{Machine, Name, Scope, TEXT_LIMIT};
use crate::places;

/// Marks the place of an unknown part while a template is put together: private-use characters.
const HOLE_START: char = '\u{f5a0}';
const HOLE_END: char = '\u{f5a1}';
/// Comes before a hole that stands where JSON wants a whole value.
const BARE: char = '\u{f5a2}';

#[derive(Default)]
struct Draft {
    text: String,
    holes: Vec<Value>,
    /// Up to where quotes were counted, and whether one is open there.
    counted: usize,
    in_quotes: bool,
}

impl Draft {
    fn put_hole(&mut self, hole: Value) {
        let mut escaped = false;
        for byte in self.text.bytes().skip(self.counted) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => self.in_quotes = !self.in_quotes,
                _ => {}
            }
        }
        let quote = if self.in_quotes { "" } else { "\"" };
        self.text.push_str(quote);
        if !self.in_quotes {
            self.text.push(BARE);
        }
        self.text.push(HOLE_START);
        self.text.push_str(&self.holes.len().to_string());
        self.text.push(HOLE_END);
        self.text.push_str(quote);
        self.counted = self.text.len();
        self.holes.push(hole);
    }
}

impl Machine<'_> {
    pub(super) fn template(&self, parts: &[Part], scope: &Scope<'_>, span: Span) -> Outcome {
        let mut draft = Draft::default();
        if let Some(why) = self.write_parts(parts, scope, span, &mut draft)? {
            return Ok(Value::Unknown(why));
        }
        let Some(first) = draft.holes.first() else { return Ok(Value::text(draft.text)) };
        let why =
            first.first_unknown().cloned().unwrap_or_else(|| reason("the text", "a part of it is unknown"));
        if !draft.text.trim_start().starts_with(['{', '[']) {
            return Ok(Value::Unknown(why));
        }
        match syntax::parse_json(&draft.text, 0) {
            Ok(json) => Ok(Value::Json(std::rc::Rc::new(filled(&json, &draft.holes, &why)))),
            Err(_) => Ok(Value::Unknown(why)),
        }
    }

    /// Writes parts one after the other; a reason where it cannot be said which parts there are.
    fn write_parts(
        &self,
        parts: &[Part],
        scope: &Scope<'_>,
        span: Span,
        draft: &mut Draft,
    ) -> Result<Option<Reason>, Reason> {
        for part in parts {
            if draft.text.len() > TEXT_LIMIT {
                return Ok(Some(self.error("the text is too long to be held", span, scope)));
            }
            match part {
                Part::Literal(text) => draft.text.push_str(text),
                Part::Interpolation(expr) => match self.eval(expr, scope)? {
                    Value::Null => return Err(self.error("null cannot be part of a text", expr.span, scope)),
                    hole @ (Value::Unknown(_) | Value::Json(_)) => draft.put_hole(hole),
                    value => match value.to_text() {
                        Some(text) => draft.text.push_str(&text),
                        None => {
                            let what = format!("a {} cannot be part of a text", value.type_name());
                            return Err(self.error(&what, expr.span, scope));
                        }
                    },
                },
                Part::If(choice) => {
                    let (condition, yes, no) = &**choice;
                    let value = self.eval(condition, scope)?;
                    if let Some(why) = value.why() {
                        return Ok(Some(why.clone()));
                    }
                    let chosen = if self.truth(&value, condition.span, scope)? { yes } else { no };
                    if let Some(why) = self.write_parts(chosen, scope, span, draft)? {
                        return Ok(Some(why));
                    }
                }
                Part::For(each) => {
                    if let Some(why) = self.write_each(each, scope, span, draft)? {
                        return Ok(Some(why));
                    }
                }
            }
        }
        Ok(None)
    }

    fn write_each(
        &self,
        each: &TemplateFor,
        scope: &Scope<'_>,
        span: Span,
        draft: &mut Draft,
    ) -> Result<Option<Reason>, Reason> {
        let over = self.eval(&each.over, scope)?;
        let walked = self.pairs(over).map_err(|what| self.error(what, each.over.span, scope))?;
        if let Some(why) = walked.more {
            return Ok(Some(why));
        }
        for (key, value) in walked.pairs {
            let outer = Name { name: each.key.as_deref().unwrap_or(""), value: key, outer: scope.names };
            let name = Name { name: &each.value, value, outer: Some(&outer) };
            let inner = Scope { names: Some(&name), ..*scope };
            if let Some(why) = self.write_parts(&each.parts, &inner, span, draft)? {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    /// The functions that read files of the tree.
    pub(super) fn call_on_files(
        &self,
        name: &str,
        arguments: &[Value],
        span: Span,
        scope: &Scope<'_>,
    ) -> Option<Outcome> {
        if !matches!(
            name,
            "file"
                | "fileexists"
                | "templatefile"
                | "templatestring"
                | "filebase64"
                | "filesha256"
                | "filesha512"
                | "filebase64sha256"
                | "filebase64sha512"
                | "filemd5"
                | "filesha1"
                | "fileset"
        ) {
            return None;
        }
        Some(self.on_files(name, arguments, span, scope))
    }

    fn on_files(&self, name: &str, arguments: &[Value], span: Span, scope: &Scope<'_>) -> Outcome {
        if let Some(why) = arguments.first().and_then(Value::why) {
            return Ok(Value::Unknown(why.clone()));
        }
        let Some(path) = arguments.first().and_then(Value::to_text) else {
            return Err(self.error(&format!("`{name}` needs a text"), span, scope));
        };
        let undecided = |what: String| {
            let message = format!("{what} ({})", scope.place(span));
            Ok(Value::Unknown(reason(&format!("{name}()"), message)))
        };
        if name == "templatestring" {
            return self.render(&path, arguments.get(1), span, scope);
        }
        if name == "fileset" {
            return undecided("`fileset` lists a folder, and that is not done here".to_owned());
        }
        let found = self.tree_path(&path);
        if name == "fileexists" {
            return match (&found, self.tree.covers(&places::normal(&path))) {
                (Some(_), _) => Ok(Value::Bool(true)),
                (None, true) => Ok(Value::Bool(false)),
                (None, false) => undecided(format!("`{path}` lies outside what was named")),
            };
        }
        let Some(found) = found else {
            return undecided(format!("the file `{path}` is not among those that were named"));
        };
        let bytes = match self.tree.bytes(&found) {
            Ok(bytes) if bytes.len() <= TEXT_LIMIT => bytes,
            Ok(_) => return undecided(format!("the file `{path}` is too long to be held")),
            Err(trouble) => return undecided(trouble.to_string()),
        };
        if let Some(value) = super::super::functions::of_bytes(name, &bytes) {
            return Ok(value);
        }
        match String::from_utf8(bytes) {
            Ok(text) if name == "templatefile" => self.render(&text, arguments.get(1), span, scope),
            Ok(text) => Ok(Value::text(text)),
            Err(_) => undecided(format!("the file `{path}` is no text")),
        }
    }

    fn tree_path(&self, path: &str) -> Option<String> {
        let direct = places::normal(path);
        if self.tree.contains(&direct) {
            return Some(direct);
        }
        let from_root = places::join(self.root, path);
        self.tree.contains(&from_root).then_some(from_root)
    }

    fn render(&self, text: &str, variables: Option<&Value>, span: Span, scope: &Scope<'_>) -> Outcome {
        let parts = match syntax::parse_template(text) {
            Ok(parts) => parts,
            Err(what) => {
                return Ok(Value::Unknown(self.error(
                    &format!("the template is not understood: {what}"),
                    span,
                    scope,
                )));
            }
        };
        let none = Value::object(Entries::new());
        let only: &Object = match (variables, &none) {
            (Some(Value::Object(object)), _) | (None, Value::Object(object)) => object,
            (Some(Value::Unknown(why)), _) => return Ok(Value::Unknown(why.clone())),
            _ => return Err(self.error("the variables of a template must be a map", span, scope)),
        };
        let inner = Scope { names: None, only: Some(only), ..*scope };
        self.template(&parts, &inner, span)
    }
}

/// The tree of a JSON text in which holes stand for unknown parts.
fn filled(json: &Json, holes: &[Value], why: &Reason) -> Value {
    match &json.kind {
        JsonKind::Null => Value::Null,
        JsonKind::Bool(value) => Value::Bool(*value),
        JsonKind::Int(number) => Value::Int(*number),
        JsonKind::Float(number) => Value::number(*number),
        JsonKind::Text(text) => match hole(text, holes) {
            Some(Value::Json(tree)) if text.starts_with(BARE) && text.ends_with(HOLE_END) => (**tree).clone(),
            Some(value) => Value::Unknown(value.first_unknown().unwrap_or(why).clone()),
            None => Value::text(text.as_str()),
        },
        JsonKind::List(items) => Value::list(items.iter().map(|item| filled(item, holes, why)).collect()),
        JsonKind::Object(entries) => {
            let open = entries.iter().any(|(name, _)| hole(name, holes).is_some());
            let known = entries.iter().filter(|(name, _)| hole(name, holes).is_none());
            let entries = known.map(|(name, value)| (Arc::from(name.as_str()), filled(value, holes, why)));
            let rest = if open {
                super::super::value::Rest::Open(why.clone())
            } else {
                super::super::value::Rest::Closed
            };
            Value::object_with(entries.collect(), rest)
        }
    }
}

fn hole<'v>(text: &str, holes: &'v [Value]) -> Option<&'v Value> {
    let (_, rest) = text.split_once(HOLE_START)?;
    let (number, _) = rest.split_once(HOLE_END)?;
    holes.get(number.parse::<usize>().ok()?)
}
