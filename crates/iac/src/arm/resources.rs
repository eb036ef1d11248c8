//! From the `resources` of a template to [`Resource`]s.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{Map, Node};

use super::deployments::Deployed;
use super::evaluate::Evaluator;
use super::frame::under;
use super::functions::shown;
use super::identity::{named, tail_of_id};
use crate::document::{Entry, Form, Span, Value};
use crate::terraform::{Mode, ProviderUse, Resource};
use crate::undecided::Reason;

/// How many resources are looked at, with those of inner templates; the service allows 800 in one template.
const RESOURCE_LIMIT: usize = 20_000;

/// Types whose properties may hold resources of a type of their own, and under which name.
const INSIDE: [(&str, &str); 1] = [("Microsoft.Network/virtualNetworks", "subnets")];

/// What is said of a resource and is no part of it.
const ABOUT: [&str; 13] = [
    "apiVersion",
    "comments",
    "condition",
    "copy",
    "dependsOn",
    "existing",
    "id",
    "metadata",
    "name",
    "parent",
    "resources",
    "scope",
    "type",
];

/// What a resource is called.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) kind: Arc<str>,
    /// Its own name, without those of its parents.
    pub(crate) name: Node,
    pub(crate) id: String,
    /// Names of the parents and its own, as planned.
    names: Vec<String>,
    parent: Option<String>,
    scope: Option<String>,
}

/// The resources that a template made so far.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(crate) resources: Vec<Resource>,
    taken: HashMap<String, usize>,
    is_full: bool,
}

impl Made {
    /// The address, with a number where it is taken.
    fn free_address(&mut self, address: &str) -> Arc<str> {
        let count = self.taken.entry(address.to_owned()).or_default();
        *count += 1;
        match *count {
            1 => address.into(),
            count => {
                let address = format!("{address}~{count}");
                self.taken.entry(address.clone()).or_default();
                address.into()
            }
        }
    }
}

/// The resources directly below a template or a resource: a list, or a map by symbolic name.
pub(crate) fn bodies(
    of: &Value,
    parent: Option<&Written>,
) -> Vec<(Option<Arc<str>>, Value, Option<Written>)> {
    match under(of, "resources").map(|section| &section.form) {
        Some(Form::List(items)) => items.iter().map(|item| (None, item.clone(), parent.cloned())).collect(),
        Some(Form::Map(entries)) => entries
            .iter()
            .map(|entry| (Some(entry.key.clone()), entry.value.clone(), parent.cloned()))
            .collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn is_deployment(body: &Value) -> bool {
    let kind = under(body, "type").and_then(Value::as_str);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.Resources/deployments"))
}

impl Evaluator<'_> {
    /// Evaluates the resources below a template or a resource.
    pub(crate) fn resources(&mut self, of: &Value, parent: Option<&Written>, made: &mut Made) {
        match under(of, "resources").map(|section| (&section.form, section.span)) {
            Some((Form::List(items), _)) => {
                for item in items.iter() {
                    self.repeated(item, item.span, parent, made);
                }
            }
            Some((Form::Map(entries), _)) => {
                for Entry { value, key_span, .. } in entries.iter() {
                    self.repeated(value, key_span.to(value.span), parent, made);
                }
            }
            Some((Form::Null, _)) | None => {}
            Some((_, span)) => {
                let what = "`resources` is no list and was not looked at";
                self.trouble(span.start, what, "write a list, or a map of symbolic names");
            }
        }
    }

    fn repeated(&mut self, body: &Value, span: Span, parent: Option<&Written>, made: &mut Made) {
        if made.is_full || self.is_exhausted() {
            return;
        }
        if made.resources.len() >= RESOURCE_LIMIT {
            made.is_full = true;
            let what = format!("only {RESOURCE_LIMIT} resources of the template were looked at");
            self.trouble(span.start, what, "split the template");
            return;
        }
        let Some(copy) = under(body, "copy").filter(|copy| matches!(copy.form, Form::Map(_))) else {
            self.resource(body, span, parent, None, made);
            return;
        };
        let name = under(copy, "name")
            .and_then(Value::as_str)
            .map_or_else(String::new, |name| name.to_ascii_lowercase());
        let name: Arc<str> = name.into();
        match self.count_of(copy) {
            Ok(count) => {
                for at in 0..count {
                    self.loops.push((name.clone(), Ok(at)));
                    self.resource(body, span, parent, None, made);
                    self.loops.pop();
                }
            }
            // One stands for however many there will be.
            Err(why) => {
                self.loops.push((name, Err(why.clone())));
                self.resource(body, span, parent, Some(why), made);
                self.loops.pop();
            }
        }
    }

    fn resource(
        &mut self,
        body: &Value,
        span: Span,
        parent: Option<&Written>,
        mut undecided: Option<Reason>,
        made: &mut Made,
    ) {
        let Some(written) = self.written(body, parent) else {
            let what = "a resource has no `type` and was not looked at";
            self.trouble(span.start, what, "give it one");
            return;
        };
        match under(body, "condition").map(|condition| self.aside(condition)) {
            None | Some(Node::Bool(true)) => {}
            Some(Node::Bool(false)) => {
                // "Conditional deployment doesn't cascade to child resources."
                self.resources(body, Some(&written), made);
                return;
            }
            Some(Node::Text(text)) if text.eq_ignore_ascii_case("true") => {}
            Some(Node::Text(text)) if text.eq_ignore_ascii_case("false") => {
                self.resources(body, Some(&written), made);
                return;
            }
            Some(Node::Unknown(why)) => {
                undecided.get_or_insert(why);
            }
            Some(_) => {
                undecided.get_or_insert_with(|| {
                    crate::undecided::reason("condition", "the condition is neither true nor false")
                });
            }
        }
        if is_deployment(body) && self.deployment_of(body, span, undecided.as_ref(), made) {
            return;
        }
        let is_read =
            under(body, "existing").is_some_and(|existing| matches!(existing.form, Form::Bool(true)));
        let resource = self.made_of(body, span, &written, undecided.clone(), made);
        made.resources.push(Resource { mode: if is_read { Mode::Data } else { Mode::Managed }, ..resource });
        self.inside(body, &written, undecided.as_ref(), made);
        self.resources(body, Some(&written), made);
    }

    /// Resources that a template may as well write among the properties of the one above.
    fn inside(&mut self, body: &Value, written: &Written, undecided: Option<&Reason>, made: &mut Made) {
        for (_, property) in INSIDE.into_iter().filter(|(kind, _)| written.kind.eq_ignore_ascii_case(kind)) {
            let found = under(body, "properties").and_then(|properties| under(properties, property));
            for item in found.map(Value::items).unwrap_or_default() {
                let name = under(item, "name")
                    .map_or_else(|| "{no name}".to_owned(), |name| self.planned_value(name));
                let below = self.below(written, property, vec![name]);
                let named = under(item, "name").map_or(Node::Absent, |name| self.aside(name));
                let below = Written { name: named, ..below };
                let mut resource = self.made_of(item, item.span, &below, undecided.cloned(), made);
                if let (Node::Map(map), Some(version)) = (&mut resource.arguments, under(body, "apiVersion"))
                {
                    map.insert("apiVersion", self.aside(version));
                }
                made.resources.push(resource);
            }
        }
    }

    fn made_of(
        &mut self,
        body: &Value,
        span: Span,
        written: &Written,
        undecided: Option<Reason>,
        made: &mut Made,
    ) -> Resource {
        let is_own = |entry: &&Entry| !ABOUT.iter().any(|about| entry.key.eq_ignore_ascii_case(about));
        let entries: Vec<&Entry> = body.entries().iter().filter(is_own).collect();
        let (arguments, places) = self.arguments(&entries);
        let mut arguments = self.respelled(&written.kind, arguments);
        let optional = |text: &Option<String>| text.as_deref().map_or(Node::Absent, Node::from);
        let version = under(body, "apiVersion").map_or(Node::Absent, |version| self.aside(version));
        let about = [
            ("id", Node::text(written.id.as_str())),
            ("name", written.name.clone()),
            ("type", Node::Text(written.kind.clone())),
            ("apiVersion", version),
            ("parent", optional(&written.parent)),
            ("scope", optional(&written.scope)),
        ];
        for (key, value) in about.into_iter().filter(|(_, value)| !value.is_absent()) {
            arguments.insert(key, value);
        }
        let region = region_of(&arguments);
        Resource {
            address: made.free_address(tail_of_id(&written.id)),
            kind: written.kind.clone(),
            name: shown(&written.name).unwrap_or_else(|_| {
                written.names.last().map_or_else(|| written.kind.clone(), |name| Arc::from(name.as_str()))
            }),
            mode: Mode::Managed,
            provider: ProviderUse { name: "azure".into(), region, ..ProviderUse::default() },
            arguments: Node::Map(arguments),
            places,
            place: self.frame.source.place(span),
            undecided,
        }
    }

    /// The body with its properties spelled as they are known; tags are the user's own.
    fn respelled(&self, kind: &str, mut map: Map) -> Map {
        let entries = map.iter_mut().map(|(key, value)| {
            let spelled = self.types.spelled_property(kind, key).unwrap_or_else(|| key.into());
            let value = std::mem::take(value);
            let value = if &*spelled == "tags" { value } else { self.respelled_value(kind, value) };
            (spelled, value)
        });
        entries.collect()
    }

    fn respelled_value(&self, kind: &str, value: Node) -> Node {
        match value {
            Node::Map(map) => Node::Map(self.respelled(kind, map)),
            Node::List(items) => {
                Node::List(items.into_iter().map(|item| self.respelled_value(kind, item)).collect())
            }
            value => value,
        }
    }

    /// Evaluates the template of a deployment; whether it was found.
    fn deployment_of(
        &mut self,
        body: &Value,
        span: Span,
        undecided: Option<&Reason>,
        made: &mut Made,
    ) -> bool {
        let from = made.resources.len();
        match self.deployed(body) {
            Deployed::Template(frame) => {
                let root = frame.root.clone();
                let done = self.deeper(|evaluator| {
                    evaluator.within(frame, Vec::new(), |inner| inner.resources(&root, None, made));
                    Ok(())
                });
                if done.is_err() {
                    let what = "templates are nested too deep; what this one makes is not looked at";
                    self.trouble(span.start, what, "make it flatter");
                }
            }
            Deployed::Outer(template) => self.resources(&template, None, made),
            Deployed::Elsewhere(why) => {
                let name = self.deployment_name(body);
                let what = format!("what the deployment `{name}` makes is not looked at: {why}");
                self.trouble(span.start, what, "name the folder that holds its template as well");
                return false;
            }
        }
        if let Some(why) = undecided {
            for resource in made.resources.iter_mut().skip(from) {
                resource.undecided.get_or_insert_with(|| why.clone());
            }
        }
        true
    }

    /// What a resource is called, if it has a type.
    pub(crate) fn written(&mut self, body: &Value, parent: Option<&Written>) -> Option<Written> {
        let kind = under(body, "type").map(|kind| self.planned_value(kind))?;
        let kind = kind.trim_matches('/');
        let (name, planned) = match under(body, "name") {
            Some(value) => (self.aside(value), self.planned_value(value)),
            None => (Node::Absent, "{no name}".to_owned()),
        };
        let own: Vec<String> = planned.split('/').map(str::to_owned).collect();
        let scope =
            under(body, "scope").map(|scope| self.planned_value(scope)).filter(|scope| !scope.is_empty());
        let place = match &scope {
            Some(scope) if scope.starts_with('/') => scope.trim_end_matches('/').to_owned(),
            Some(scope) => format!("{}/providers/{scope}", self.place_of_resources()),
            None => self.place_of_resources(),
        };
        let mut written = match parent {
            None => self.placed(&place, kind, own, scope.is_some().then(|| place.clone())),
            Some(parent) => self.below(parent, kind, own),
        };
        let last = written.names.last().cloned().unwrap_or_default();
        written.name = match named(&name) {
            // Of `[concat(parameters('account'), '/default')]` the end is known.
            Err(why) if last.is_empty() || last.contains('{') => Node::Unknown(why),
            _ => Node::from(last),
        };
        Some(written)
    }

    /// A resource below another, whose type and name are both joined or both whole.
    fn below(&mut self, parent: &Written, kind: &str, own: Vec<String>) -> Written {
        let is_whole = kind.split('/').next().is_some_and(|space| space.contains('.'));
        let below = |kind: &str| {
            let start = kind.get(..parent.kind.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(&parent.kind))
                && kind.as_bytes().get(parent.kind.len()) == Some(&b'/')
        };
        if is_whole && !below(kind) {
            // What extends its parent: a lock, a role assignment, a diagnostic setting.
            return self.placed(&parent.id, kind, own, Some(parent.id.clone()));
        }
        let kind = if is_whole { kind.to_owned() } else { format!("{}/{kind}", parent.kind) };
        let is_named_whole = own.len() > parent.names.len() && own.len() == names_of(&kind);
        let names = if is_named_whole { own } else { [parent.names.clone(), own].concat() };
        let place =
            parent.id.split_once("/providers/").map_or_else(String::new, |(place, _)| place.to_owned());
        let place = match &parent.scope {
            Some(scope) => scope.clone(),
            None => place,
        };
        self.placed(&place, &kind, names, parent.scope.clone())
    }

    /// `A/b/providers/c` named `b/D/c` is what extends `A/b`: a `D/c`.
    fn placed(&mut self, place: &str, kind: &str, names: Vec<String>, scope: Option<String>) -> Written {
        let lower = kind.to_ascii_lowercase();
        if let Some(at) = lower.find("/providers/") {
            let whole = kind.get(..at).unwrap_or_default();
            let rest = kind.get(at + "/providers/".len()..).unwrap_or_default();
            let (of_whole, of_rest) = names.split_at(names_of(whole).min(names.len()));
            if let Some((space, own)) = of_rest.split_first() {
                let scope = self.id_of(place, whole, of_whole);
                let kind = format!("{space}/{rest}");
                return self.placed(&scope.clone(), &kind, own.to_vec(), Some(scope));
            }
        }
        let kind = self.spelled(kind);
        let id = self.id_of(place, &kind, &names);
        let parent = match kind.rsplit_once('/') {
            Some((whole, _)) if whole.contains('/') => {
                let above = names.get(..names.len().saturating_sub(1)).unwrap_or_default();
                Some(self.id_of(place, whole, above))
            }
            _ => None,
        };
        Written { kind, name: Node::Absent, id, names, parent, scope }
    }
}

/// How many names a resource of a type has.
fn names_of(kind: &str) -> usize {
    kind.matches('/').count()
}

/// `West Europe` is `westeurope`.
fn region_of(arguments: &Map) -> Node {
    match arguments.get("location") {
        Some(Node::Text(text)) => {
            let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
            Node::text(plain.to_ascii_lowercase())
        }
        Some(other) => other.clone(),
        None => Node::Absent,
    }
}
