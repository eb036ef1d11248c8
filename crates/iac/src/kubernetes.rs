//! Kubernetes: what manifests say will run.
//!
//! An object becomes an asset whose properties are the manifest itself, of the kind `Kubernetes::<group>::<Kind>`
//! (`core` for the group without a name). Two things are made beside it, so that one check serves all: a workload
//! of whatever kind has its pod's specification under `PodSpec`, and each container is an asset of its own, a
//! `Kubernetes::core::Container`.
//!
//! Templates are not rendered and patches of Kustomize are not applied; both are told and never ignored.

mod components;
mod containers;
mod kustomize;
pub(crate) mod terraform;

use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_model::{Node, Why, WhyKind};

use crate::declared::{Declaring, Draft, Manifests, Words, kept_out, names_a_secret};
use crate::document::{Entry, Form, Value};
use crate::manifest::{self, Document, ManifestFile};
use crate::places;
use crate::source::Source;
use crate::tree::Tree;
use crate::trouble::Trouble;
use kustomize::Kustomizations;

/// Lists within lists are not followed deeper.
const LIST_DEPTH: usize = 8;

/// Of a pod that holds more values, or more containers, than any cluster takes, no containers are made.
const POD_VALUES: usize = 20_000;
const POD_CONTAINERS: usize = 128;

/// Reads every manifest of a tree.
pub fn declared(tree: &Tree) -> Manifests {
    let mut reader = Reader { declaring: Declaring::default(), charts: charts(tree) };
    let paths: Vec<&Arc<str>> = tree.files().filter(|path| manifest::is_manifest(path)).collect();
    let kustomizations = Kustomizations::of(tree, &paths, &mut reader.declaring.made.troubles);
    let mut told = BTreeSet::new();
    for path in paths {
        if kustomizations.is_patch(path) || kustomize::is_kustomization(path) {
            continue;
        }
        match reader.chart_of_template(path).map(str::to_owned) {
            Some(chart) => {
                if told.insert(chart.clone()) {
                    reader.declaring.made.troubles.push(unrendered_chart(&chart));
                }
            }
            None => reader.file(tree, path),
        }
    }
    reader.declaring.made
}

#[derive(Debug, Default)]
struct Reader {
    declaring: Declaring,
    /// Folders of Helm charts.
    charts: BTreeSet<String>,
}

/// What pods are made from.
#[derive(Clone, Copy, Debug)]
struct Template<'v> {
    spec: &'v Value,
    metadata: Option<&'v Value>,
}

/// Who an object is.
#[derive(Clone, Debug)]
struct Identity<'v> {
    group: &'v str,
    kind: &'v str,
    namespace: &'v str,
    name: &'v str,
}

impl Reader {
    fn chart_of_template<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mut folder = places::folder(path);
        while !folder.is_empty() && folder != "/" {
            let above = places::folder(folder);
            if places::name(folder) == "templates" && self.charts.contains(above) {
                return Some(above);
            }
            folder = above;
        }
        None
    }

    fn file(&mut self, tree: &Tree, path: &Arc<str>) {
        let looks_like_objects = |text: &str| text.contains("apiVersion") && text.contains("kind");
        let Some(file) = manifest::read(tree, path, looks_like_objects, &mut self.declaring.made.troubles)
        else {
            return;
        };
        let root: Arc<str> = places::folder(path).into();
        let before = self.declaring.made.assets.len();
        for document in &file.documents {
            self.document(&file, document, &root);
        }
        self.declaring.made.files += usize::from(self.declaring.made.assets.len() > before);
    }

    fn document(&mut self, file: &ManifestFile, document: &Document, root: &Arc<str>) {
        let text = file.text.text.get(document.span.clone()).unwrap_or_default();
        let is_template = text.contains("{{");
        let object = document.root.as_ref().filter(|value| is_object(value));
        if object.is_some() || has_line(text, "apiVersion") && has_line(text, "kind") {
            for fault in document.faults.iter().cloned() {
                let mut trouble = file.source.faulty(fault);
                if is_template {
                    trouble.next = "this looks like a template; render it first: helm template".into();
                }
                self.declaring.made.troubles.push(trouble);
            }
        }
        if let Some(object) = object {
            self.object(file, object, root, 0);
        }
    }

    fn object(&mut self, file: &ManifestFile, object: &Value, root: &Arc<str>, depth: usize) {
        let Some(identity) = identity(object) else { return };
        let items = object.get("items").filter(|items| matches!(items.form, Form::List(_)));
        if identity.kind.ends_with("List")
            && let Some(items) = items
        {
            if depth < LIST_DEPTH {
                items.items().iter().for_each(|item| self.object(file, item, root, depth + 1));
            }
            return;
        }
        let words = Words {
            text: &file.text.text,
            offset: file.text.offset,
            old_booleans: true,
            holes: template_hole,
        };
        let address = self.address(file, &identity);
        self.object_as(&file.source, words, object, root, &address);
    }

    /// One object under an address.
    fn object_as(
        &mut self,
        source: &Source,
        words: Words<'_>,
        object: &Value,
        root: &Arc<str>,
        address: &str,
    ) {
        let Some(identity) = identity(object) else { return };
        let group = group(&identity);
        let kind = format!("Kubernetes::{group}::{}", identity.kind);
        let mut draft = Draft::new(kind, address, object.span);
        for entry in object.entries() {
            // What a config map holds is for the program that reads it, braces included.
            let holes = match (&*entry.key, identity.kind) {
                ("data", "ConfigMap") => crate::declared::no_holes,
                _ => words.holes,
            };
            draft.write(&entry.key, &entry.value, Words { holes, ..words });
            draft.place(&*entry.key, entry.span());
        }
        pairs(&mut draft, "Annotations", object.get("metadata").and_then(|it| it.get("annotations")), words);
        pairs(&mut draft, "Labels", object.get("metadata").and_then(|it| it.get("labels")), words);
        match (group, identity.kind) {
            ("core", "Secret") => hide_secret(&mut draft, object),
            ("core", "ConfigMap") => hide_secret_settings(&mut draft, object),
            _ => {}
        }
        if let Some(component) = components::of_configuration(identity.kind, object, words) {
            component.write(&mut draft);
        }
        let template = template(identity.kind, object);
        if let Some(template) = template {
            draft.write("PodSpec", template.spec, words);
            containers::redact(&mut draft);
        }
        draft.name = identity.name.to_owned();
        self.declaring.add(draft, source, root);
        let Some(template) = template else { return };
        if values(template.spec) > POD_VALUES || containers::count(template.spec) > POD_CONTAINERS {
            let what = format!(
                "this pod has more than {POD_CONTAINERS} containers or {POD_VALUES} values; its containers were not judged"
            );
            self.declaring.made.troubles.push(source.trouble(object.span.start, what, "split it"));
            return;
        }
        let workload = containers::Workload { template, identity: &identity, address };
        for container in containers::drafts(&workload, words) {
            self.declaring.add(container, source, root);
        }
    }

    /// `Deployment/shop/web`, or `Deployment/web` where no namespace is written.
    fn address(&mut self, file: &ManifestFile, identity: &Identity<'_>) -> String {
        let mut address = identity.kind.to_owned();
        for part in [identity.namespace, identity.name].into_iter().filter(|part| !part.is_empty()) {
            address.push('/');
            address.push_str(part);
        }
        self.declaring.free_address(&file.source.path, &address)
    }
}

/// The group in which the cluster keeps the object, whichever older one the manifest names.
fn group<'v>(identity: &Identity<'v>) -> &'v str {
    match (identity.group, identity.kind) {
        ("", _) => "core",
        ("extensions", "Ingress" | "NetworkPolicy") => "networking.k8s.io",
        ("extensions", "PodSecurityPolicy") => "policy",
        ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
        (group, _) => group,
    }
}

fn is_object(value: &Value) -> bool {
    identity(value).is_some()
}

fn identity(object: &Value) -> Option<Identity<'_>> {
    let version = object.get("apiVersion")?.as_str()?;
    let kind = object.get("kind")?.as_str()?;
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    let metadata = object.get("metadata");
    let of = |key: &str| metadata.and_then(|metadata| metadata.get(key)?.as_str()).map_or("", |text| &**text);
    let name = if of("name").is_empty() { of("generateName") } else { of("name") };
    let is_word = |text: &str| !text.is_empty() && text.len() < 254 && !text.contains(['{', ' ', '/']);
    (is_word(kind) && (group.is_empty() || is_word(group))).then_some(Identity {
        group,
        kind,
        namespace: of("namespace"),
        name,
    })
}

/// How many values there are in one.
fn values(value: &Value) -> usize {
    let items = value.items().iter().map(values);
    let entries = value.entries().iter().map(|entry| values(&entry.value));
    items.chain(entries).fold(1, usize::saturating_add)
}

/// The specification of the pods that an object makes.
fn template<'v>(kind: &str, object: &'v Value) -> Option<Template<'v>> {
    let at = |path: &[&str]| path.iter().try_fold(object, |value, key| value.get(key));
    let template = match kind {
        "Pod" => object,
        "PodTemplate" => at(&["template"])?,
        "CronJob" => at(&["spec", "jobTemplate", "spec", "template"])?,
        _ => at(&["spec", "template"]).unwrap_or(object),
    };
    let spec = template.get("spec").filter(|spec| matches!(spec.form, Form::Map(_)))?;
    let is_known = matches!(kind, "Pod" | "PodTemplate" | "CronJob");
    // Also what others define: a rollout, a service that scales to nothing.
    (is_known || spec.get("containers").is_some())
        .then_some(Template { spec, metadata: template.get("metadata") })
}

/// A map as a list of `Name` and `Value`: its keys have dots in them, which paths cannot have.
fn pairs(draft: &mut Draft, key: &str, map: Option<&Value>, words: Words<'_>) {
    let mut named = Vec::new();
    for entry in map.map(Value::entries).unwrap_or_default() {
        if entry.key.starts_with("kubectl.kubernetes.io/last-applied") {
            continue;
        }
        draft.place(format!("{key}.{}", named.len()), entry.span());
        named.push(pair(&entry.key, crate::declared::node(&entry.value, words)));
    }
    draft.set(key, Node::List(named));
}

fn pair(name: &str, value: Node) -> Node {
    let entries: [(&str, Node); 2] = [("Name", Node::text(name)), ("Value", value)];
    Node::Map(entries.into_iter().collect())
}

/// The values of a secret are not kept, their names are: `Keys`.
fn hide_secret(draft: &mut Draft, object: &Value) {
    let mut keys = Vec::new();
    for part in ["data", "stringData"] {
        let Some(values) = object.get(part) else { continue };
        let filled =
            values.entries().iter().filter(|entry| entry.value.as_str().is_none_or(|text| !text.is_empty()));
        keys.extend(filled.map(|entry| Node::Text(entry.key.clone())));
        draft.set(part, kept_out(part));
        draft.place("Keys", values.span);
    }
    draft.set("Keys", Node::List(keys));
    if let Some(annotations) = draft.get_mut("metadata").and_then(|metadata| match metadata {
        Node::Map(map) => map.get_mut("annotations"),
        _ => None,
    }) && let Node::Map(annotations) = annotations
    {
        // `kubectl apply` leaves a copy of the whole manifest here.
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

/// A config map is for what everybody may know: `SecretKeys` are those that promise otherwise.
fn hide_secret_settings(draft: &mut Draft, object: &Value) {
    let settings = object.get("data").map(Value::entries).unwrap_or_default();
    let is_secret = |entry: &&Entry| {
        names_a_secret(&entry.key)
            && entry.value.as_str().is_none_or(|text| !text.is_empty() && !text.contains('\n'))
    };
    let secret: Vec<&Entry> = settings.iter().filter(is_secret).collect();
    for (at, entry) in secret.iter().enumerate() {
        draft.place(format!("SecretKeys.{at}"), entry.span());
        if let Some(Node::Map(data)) = draft.get_mut("data") {
            data.insert(entry.key.clone(), kept_out("data"));
        }
    }
    let open = settings.iter().filter(|entry| !is_secret(entry));
    let mut named = Vec::new();
    for (entry, text) in open.filter_map(|entry| Some((entry, entry.value.as_str()?))) {
        draft.place(format!("Settings.{}", named.len()), entry.span());
        named.push(pair(&entry.key, Node::Text(text.clone())));
    }
    draft.set("Settings", Node::List(named));
    draft.set("SecretKeys", Node::List(secret.iter().map(|entry| Node::Text(entry.key.clone())).collect()));
}

/// What a template fills in when it is rendered.
fn template_hole(text: &str) -> Option<Why> {
    let hole = text.find("{{").and_then(|from| text.get(from..))?;
    let end = hole.find("}}").map_or(hole.len(), |at| at + 2);
    let hole: String = hole.get(..end).unwrap_or(hole).chars().take(60).collect();
    Some(Why::new(WhyKind::Undecided, hole).with_message("it is filled in when the template is rendered"))
}

fn has_line(text: &str, key: &str) -> bool {
    text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':')))
}

fn charts(tree: &Tree) -> BTreeSet<String> {
    let files = tree.files().filter(|path| matches!(places::name(path), "Chart.yaml" | "Chart.yml"));
    files.map(|path| places::folder(path).to_owned()).collect()
}

fn unrendered_chart(chart: &str) -> Trouble {
    let shown = if chart.is_empty() { "." } else { chart };
    Trouble::new(
        places::join(chart, "Chart.yaml"),
        0,
        "the templates of this Helm chart are not rendered, so nothing that they make was judged",
        format!("render it first: helm template {shown} > rendered.yaml, and name that file"),
    )
}
