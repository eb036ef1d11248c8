//! The body of a block: attributes, nested blocks, dynamic blocks; and how often a block stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::Place;
use super::super::syntax::{Attribute, Block, Body, ExprKind, Span};
use super::super::value::{Entries, Reason, Rest, Value, reason};
use super::{COUNT_LIMIT, Each, ITEM_LIMIT, Machine, Name, Scope};

/// Arguments that steer Terraform and are no properties of what is made.
const META_ARGUMENTS: &[&str] =
    &["count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection"];

/// The contents of a body and where they are written.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) entries: Entries,
    pub(super) places: Vec<Place>,
}

/// How the instances of a block are told apart.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Single,
    Counted,
    Keyed,
    /// It is not known how many there are; one instance stands for them.
    Undecided(Reason),
}

/// The instances of a block with `count` or `for_each`.
pub(super) struct Instances {
    pub(super) shape: Shape,
    /// The key (null, a number, a text, or unknown) and what `each` and `count` mean there.
    pub(super) items: Vec<(Value, Each)>,
}

impl Machine<'_> {
    /// The arguments of a resource.
    pub(super) fn arguments(&self, block: &Block, scope: &Scope<'_>, after_apply: &Reason) -> Contents {
        let mut contents = Contents::default();
        let filling = Filling { after_apply, scope };
        self.fill(&block.body, &filling, "", true, &mut contents);
        contents
    }

    fn fill(&self, body: &Body, filling: &Filling<'_>, path: &str, is_top: bool, out: &mut Contents) {
        let skipped = |name: &str| is_top && META_ARGUMENTS.contains(&name);
        for attribute in body.attributes.iter().filter(|attribute| !skipped(&attribute.name)) {
            let value = self.value_of(&attribute.value, filling.scope);
            out.places.push(place(&joined(path, &attribute.name), attribute, filling.scope));
            out.entries.insert(attribute.name.clone(), value);
        }
        let mut lists: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
        let mut doubts: BTreeMap<Arc<str>, Reason> = BTreeMap::new();
        for block in body.blocks.iter().filter(|block| !skipped(&block.kind)) {
            match (&*block.kind, block.labels.first()) {
                ("dynamic", Some(kind)) => {
                    let kind = kind.clone();
                    let list = lists.entry(kind.clone()).or_default();
                    let made = Dynamic { block, kind: &kind, path };
                    if let Err(why) = self.dynamic(&made, filling, list, &mut out.places) {
                        doubts.insert(kind, why);
                    }
                }
                _ => {
                    let list = lists.entry(block.kind.clone()).or_default();
                    let at = format!("{}.{}", joined(path, &block.kind), list.len());
                    let value = self.nested(block, &block.body, filling, &at, &mut out.places);
                    list.push(value);
                }
            }
        }
        for (kind, mut list) in lists {
            let value = match doubts.remove(&kind) {
                Some(why) if list.is_empty() => Value::Unknown(why),
                Some(why) => {
                    list.push(Value::Unknown(why));
                    Value::list(list)
                }
                None => Value::list(list),
            };
            // Old code writes some arguments as attribute here and as block there: both count.
            match (out.entries.get(&kind), &value) {
                (Some(Value::List(there)), Value::List(more)) => {
                    let both = there.iter().chain(more.iter()).cloned().collect();
                    out.entries.insert(kind, Value::list(both));
                }
                _ => {
                    out.entries.insert(kind, value);
                }
            }
        }
    }

    fn nested(
        &self,
        block: &Block,
        body: &Body,
        filling: &Filling<'_>,
        path: &str,
        places: &mut Vec<Place>,
    ) -> Value {
        places.push(span_place(path, block.span, filling.scope));
        let mut inner = Contents::default();
        self.fill(body, filling, path, false, &mut inner);
        places.append(&mut inner.places);
        Value::object_with(inner.entries, Rest::AfterApply(filling.after_apply.clone()))
    }

    /// Adds the blocks that a dynamic block makes; the reason where there may be more.
    fn dynamic(
        &self,
        made: &Dynamic<'_>,
        filling: &Filling<'_>,
        list: &mut Vec<Value>,
        places: &mut Vec<Place>,
    ) -> Result<(), Reason> {
        let body = &made.block.body;
        let scope = filling.scope;
        let Some(content) = body.blocks("content").next() else {
            return Err(self.error("a dynamic block needs a `content` block", made.block.span, scope));
        };
        let Some(over) = body.attribute("for_each") else {
            return Err(self.error("a dynamic block needs `for_each`", made.block.span, scope));
        };
        let iterator = match body.attribute("iterator").map(|attribute| &attribute.value.kind) {
            Some(ExprKind::Name(name) | ExprKind::Text(name)) => name.clone(),
            _ => made.kind.clone(),
        };
        let value = self.eval(&over.value, scope)?;
        let walked = self.pairs(value).map_err(|what| self.error(what, over.span, scope))?;
        if walked.pairs.len() > COUNT_LIMIT {
            let what =
                format!("a dynamic block makes {} blocks; only {COUNT_LIMIT} were read", walked.pairs.len());
            self.trouble(scope.file, over.span, what.clone(), "check whether it is meant");
        }
        let cut = walked.pairs.len() > COUNT_LIMIT;
        for (key, value) in walked.pairs.into_iter().take(COUNT_LIMIT) {
            let pair = Value::object(Entries::from([("key".into(), key), ("value".into(), value)]));
            let name = Name { name: &iterator, value: pair, outer: scope.names };
            let inner = Scope { names: Some(&name), ..*scope };
            let filling = Filling { after_apply: filling.after_apply, scope: &inner };
            let path = format!("{}.{}", joined(made.path, made.kind), list.len());
            let value = self.nested(made.block, &content.body, &filling, &path, places);
            list.push(value);
        }
        match walked.more {
            Some(why) => Err(why),
            None if cut => Err(self.error("only the first blocks were read", over.span, scope)),
            None => Ok(()),
        }
    }

    /// The instances that `count` or `for_each` makes of a block.
    pub(super) fn instances(&self, block: &Block, name: &str, scope: &Scope<'_>) -> Instances {
        if let Some(count) = block.body.attribute("count") {
            return self.counted(count, name, scope);
        }
        match block.body.attribute("for_each") {
            Some(over) => self.keyed(over, name, scope),
            None => Instances { shape: Shape::Single, items: vec![(Value::Null, Each::default())] },
        }
    }

    fn counted(&self, count: &Attribute, name: &str, scope: &Scope<'_>) -> Instances {
        let value = self.value_of(&count.value, scope);
        let undecided = |why: Reason| {
            let index = Value::Unknown(why.clone());
            let each = Each { index: Some(index.clone()), ..Each::default() };
            Instances { shape: Shape::Undecided(why), items: vec![(index, each)] }
        };
        if let Some(why) = value.why() {
            return undecided(why.clone());
        }
        let Some(wanted) = value.to_int().and_then(|count| usize::try_from(count).ok()) else {
            return undecided(self.error("`count` is no whole number", count.span, scope));
        };
        if wanted > COUNT_LIMIT {
            let what = format!("`{name}` has {wanted} instances; only the first {COUNT_LIMIT} were read");
            self.trouble(scope.file, count.span, what, "check whether it is meant");
        }
        let items = (0..wanted.min(COUNT_LIMIT)).map(|at| {
            let index = Value::count(at);
            (index.clone(), Each { index: Some(index), ..Each::default() })
        });
        Instances { shape: Shape::Counted, items: items.collect() }
    }

    fn keyed(&self, over: &Attribute, name: &str, scope: &Scope<'_>) -> Instances {
        let walked = match self.eval(&over.value, scope) {
            Ok(value) => {
                // A list is refused by Terraform, which wants a set; its elements are meant.
                let value = match &value {
                    Value::List(items) if items.len() <= ITEM_LIMIT => Value::set(items.to_vec()),
                    _ => value,
                };
                self.pairs(value).map_err(|what| self.error(what, over.span, scope))
            }
            Err(why) => Err(why),
        };
        let mut doubt = None;
        let mut items = Vec::new();
        match walked {
            Err(why) => doubt = Some(why),
            Ok(walked) => {
                if walked.pairs.len() > COUNT_LIMIT {
                    let length = walked.pairs.len();
                    let what =
                        format!("`{name}` has {length} instances; only the first {COUNT_LIMIT} were read");
                    self.trouble(scope.file, over.span, what, "check whether it is meant");
                }
                doubt = doubt.or(walked.more);
                for (key, value) in walked.pairs.into_iter().take(COUNT_LIMIT) {
                    let key = match (key.why(), key.to_text()) {
                        (Some(why), _) => Value::Unknown(why.clone()),
                        (None, Some(text)) => Value::Text(text),
                        (None, None) => Value::Unknown(self.error("a key is no text", over.span, scope)),
                    };
                    items.push((key.clone(), Each { key: Some(key), value: Some(value), index: None }));
                }
            }
        }
        let Some(why) = doubt else { return Instances { shape: Shape::Keyed, items } };
        let unknown = Value::Unknown(why.clone());
        let each = Each { key: Some(unknown.clone()), value: Some(unknown.clone()), index: None };
        let shape = if items.is_empty() { Shape::Undecided(why) } else { Shape::Keyed };
        items.push((unknown, each));
        Instances { shape, items }
    }
}

struct Filling<'s> {
    after_apply: &'s Reason,
    scope: &'s Scope<'s>,
}

struct Dynamic<'s> {
    block: &'s Block,
    kind: &'s Arc<str>,
    path: &'s str,
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn place(path: &str, attribute: &Attribute, scope: &Scope<'_>) -> Place {
    span_place(path, attribute.span, scope)
}

pub(super) fn span_place(path: &str, span: Span, scope: &Scope<'_>) -> Place {
    Place {
        path: path.into(),
        file: scope.file.path.clone(),
        span: span.start..span.end,
        line: scope.file.line(span.start),
    }
}

/// The suffix of an address: `[0]`, `["a"]`, `[?]`, or nothing.
pub(super) fn suffix(key: &Value) -> String {
    match key {
        Value::Null => String::new(),
        Value::Int(index) => format!("[{index}]"),
        Value::Text(text) => format!("[\"{}\"]", text.replace('\\', "\\\\").replace('"', "\\\"")),
        _ => "[?]".to_owned(),
    }
}

/// Why a key is not known.
pub(super) fn key_doubt(key: &Value) -> Option<Reason> {
    key.why().cloned()
}

/// The reason of everything that a deployment fills in.
pub(super) fn after_apply(address: &str, scope: &Scope<'_>, span: Span) -> Reason {
    reason(address, format!("is known after apply ({})", scope.place(span)))
}
