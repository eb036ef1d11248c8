//! Compose: what `docker compose up` starts.
//!
//! Each service is an asset of the kind `Docker::Compose::Service`: the service as it is written, and beside it
//! `Image`, `Mounts`, `Published` ports and `Environment` in one form each, whichever way the file writes them.
//! `${NAME:-default}` is its default; a variable without one is unknown.

use std::sync::Arc;

use partywall_model::{Map, Node, Why, WhyKind};

use crate::declared::{Declaring, Draft, Manifests, Words, kept_out, names_a_secret, node};
use crate::document::{Form, Span, Value};
use crate::image::image;
use crate::manifest::{self, ManifestFile};
use crate::places;
use crate::tree::Tree;

/// The kind of a service.
const SERVICE: &str = "Docker::Compose::Service";

/// Reads every Compose file of a tree.
pub fn declared(tree: &Tree) -> Manifests {
    let mut declaring = Declaring::default();
    for path in tree.files().filter(|path| is_compose(path)) {
        let Some(file) =
            manifest::read(tree, path, |text| text.contains("services"), &mut declaring.made.troubles)
        else {
            continue;
        };
        declaring.made.files += 1;
        let root: Arc<str> = places::folder(path).into();
        for document in &file.documents {
            declaring
                .made
                .troubles
                .extend(document.faults.iter().cloned().map(|fault| file.source.faulty(fault)));
            let services = document.root.as_ref().and_then(|root| root.get("services"));
            for entry in services.map(Value::entries).unwrap_or_default() {
                if matches!(entry.value.form, Form::Map(_)) {
                    let draft = service(&entry.key, entry.span(), &entry.value, &file);
                    declaring.add(draft, &file.source, &root);
                }
            }
        }
    }
    declaring.made
}

/// `compose.yaml`, `docker-compose.yml`, `docker-compose.prod.yaml`, `web.compose.yml`.
fn is_compose(path: &str) -> bool {
    let name = places::name(path);
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else { return false };
    let mut parts = stem.split('.');
    parts.any(|part| matches!(part, "compose" | "docker-compose") || part.starts_with("docker-compose-"))
}

fn service(name: &str, span: Span, service: &Value, file: &ManifestFile) -> Draft {
    let words =
        Words { text: &file.text.text, offset: file.text.offset, old_booleans: false, holes: variable_hole };
    let mut draft = Draft::new(SERVICE, format!("service/{name}"), span);
    for entry in service.entries() {
        draft.write(&entry.key, &entry.value, words);
        draft.place(&*entry.key, entry.span());
        if let Some(default) = entry.value.as_str().and_then(|text| filled(text)) {
            draft.set(&entry.key, default);
        }
    }
    draft.set("Name", Node::text(name));
    redact(&mut draft);
    if let Some(written) = service.get("image") {
        let value = match text(written) {
            Node::Text(reference) => image(&reference),
            other => other,
        };
        draft.set("Image", value);
        draft.place("Image", written.span);
    }
    let written = |key: &str| service.get(key).map(Value::items).unwrap_or_default();
    each(&mut draft, "Mounts", written("volumes"), mount);
    each(&mut draft, "Published", written("ports"), port);
    environment(&mut draft, service.get("environment"));
    draft
}

fn each(draft: &mut Draft, key: &str, written: &[Value], make: impl Fn(&Value) -> Node) {
    for (at, value) in written.iter().enumerate() {
        draft.place(format!("{key}.{at}"), value.span);
    }
    draft.set(key, Node::List(written.iter().map(make).collect()));
}

/// `Source`, `Target`, `ReadOnly` and `Type` of a mount.
fn mount(written: &Value) -> Node {
    let of = |source: Node, target: Node, read_only: bool, kind: Node| {
        let entries: [(&str, Node); 4] =
            [("Source", source), ("Target", target), ("ReadOnly", Node::Bool(read_only)), ("Type", kind)];
        Node::Map(entries.into_iter().collect())
    };
    if matches!(written.form, Form::Map(_)) {
        let value = |key: &str| written.get(key).map_or(Node::Absent, text);
        let read_only = matches!(written.get("read_only").map(|it| &it.form), Some(Form::Bool(true)));
        return of(value("source"), value("target"), read_only, value("type"));
    }
    match text(written) {
        Node::Text(short) => {
            let mut parts = short.split(':');
            let source = parts.next().unwrap_or_default();
            let Some(target) = parts.next() else {
                return of(Node::Absent, Node::text(source), false, Node::text("volume"));
            };
            let read_only =
                parts.next().is_some_and(|options| options.split(',').any(|option| option == "ro"));
            let kind = if source.starts_with(['/', '.', '~']) { "bind" } else { "volume" };
            of(Node::text(source), Node::text(target), read_only, Node::text(kind))
        }
        other => other,
    }
}

/// `HostAddress`, `Port` of the host and `Target` of a published port; no address means all.
fn port(written: &Value) -> Node {
    let of = |address: Node, port: Node, target: Node| {
        let entries: [(&str, Node); 3] = [("HostAddress", address), ("Port", port), ("Target", target)];
        Node::Map(entries.into_iter().collect())
    };
    let number = |text: &str| {
        let first = text.split(['/', '-']).next().unwrap_or_default();
        first.parse::<i64>().map_or(Node::Absent, Node::Int)
    };
    if matches!(written.form, Form::Map(_)) {
        let value = |key: &str| match written.get(key).map_or(Node::Absent, text) {
            Node::Text(text) => number(&text),
            other => other,
        };
        return of(written.get("host_ip").map_or(Node::Absent, text), value("published"), value("target"));
    }
    match text(written) {
        Node::Int(target) => of(Node::Absent, Node::Absent, Node::Int(target)),
        Node::Text(short) => {
            let (rest, target) = match short.rsplit_once(':') {
                Some((rest, target)) => (Some(rest), target),
                None => (None, &*short),
            };
            let (address, published) = match rest.map(|rest| rest.rsplit_once(':').unwrap_or(("", rest))) {
                Some(("", published)) => (Node::Absent, number(published)),
                Some((address, published)) => {
                    (Node::text(address.trim_matches(['[', ']'])), number(published))
                }
                None => (Node::Absent, Node::Absent),
            };
            of(address, published, number(target))
        }
        other => other,
    }
}

/// The variables without their values, from a list or a map.
fn environment(draft: &mut Draft, written: Option<&Value>) {
    let mut variables = Vec::new();
    let mut add = |draft: &mut Draft, name: &str, literal: bool, span: Span| {
        draft.place(format!("Environment.{}", variables.len()), span);
        let entries: [(&str, Node); 3] = [
            ("Name", Node::text(name)),
            ("From", Node::text(if literal { "literal" } else { "other" })),
            ("NamesSecret", Node::Bool(names_a_secret(name))),
        ];
        variables.push(Node::Map(entries.into_iter().collect::<Map>()));
    };
    for item in written.map(Value::items).unwrap_or_default() {
        let Some(text) = item.as_str() else { continue };
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        add(draft, name, is_literal(value), item.span);
    }
    for entry in written.map(Value::entries).unwrap_or_default() {
        let literal = match &entry.value.form {
            Form::Text(text) => is_literal(text),
            Form::Int(_) | Form::Float(_) => true,
            _ => false,
        };
        add(draft, &entry.key, literal, entry.span());
    }
    draft.set("Environment", Node::List(variables));
}

/// Whether a value is written out; a default in `${NAME:-value}` is as well.
fn is_literal(value: &str) -> bool {
    match filled(value) {
        Some(Node::Text(text)) => !text.is_empty(),
        Some(_) => false,
        None => !value.is_empty(),
    }
}

fn redact(draft: &mut Draft) {
    match draft.get_mut("environment") {
        Some(Node::Map(map)) => {
            for (name, value) in map.iter_mut() {
                if names_a_secret(name) {
                    *value = kept_out("environment");
                }
            }
        }
        Some(Node::List(items)) => {
            for item in items {
                let is_secret = item
                    .as_str()
                    .and_then(|text| text.split_once('='))
                    .is_some_and(|(name, _)| names_a_secret(name));
                if is_secret {
                    *item = kept_out("environment");
                }
            }
        }
        _ => {}
    }
}

/// A value, its variables filled in.
fn text(written: &Value) -> Node {
    match &written.form {
        Form::Text(text) => filled(text).unwrap_or_else(|| Node::Text(text.clone())),
        _ => node(written, Words { text: "", offset: 0, old_booleans: false, holes: variable_hole }),
    }
}

fn variable_hole(text: &str) -> Option<Why> {
    match filled(text) {
        Some(Node::Unknown(why)) => Some(Why::clone(&why)),
        _ => None,
    }
}

/// The text with its variables filled in; none where it has none.
fn filled(text: &str) -> Option<Node> {
    if !text.contains('$') {
        return None;
    }
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        result.push_str(before);
        let after = from.get(1..).unwrap_or_default();
        if let Some(after) = after.strip_prefix('$') {
            result.push('$');
            rest = after;
            continue;
        }
        let (inside, length) = match after.strip_prefix('{') {
            Some(inside) => {
                let end = inside.find('}').unwrap_or(inside.len());
                (inside.get(..end).unwrap_or_default(), end + 2)
            }
            None => {
                let end =
                    after.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
                (after.get(..end).unwrap_or_default(), end)
            }
        };
        match inside.split_once('-') {
            Some((name, default)) if !name.is_empty() && !default.contains('$') => result.push_str(default),
            _ => {
                let message = "the variable has no value in the file; give it a default";
                return Some(Node::unknown(
                    Why::new(WhyKind::Undecided, format!("${{{inside}}}")).with_message(message),
                ));
            }
        }
        rest = after.get(length..).unwrap_or_default();
    }
    result.push_str(rest);
    Some(Node::text(result))
}
