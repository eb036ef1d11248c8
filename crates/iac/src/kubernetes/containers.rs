//! Containers: what a pod's containers are, with what the pod decides for them.

use std::sync::Arc;

use partywall_model::{Map, Node};

use super::{Identity, Template, components};
use crate::declared::{Draft, Words, kept_out, names_a_secret, node};
use crate::document::{Form, Span, Value};
use crate::image::image;

/// The kind of a container.
const CONTAINER: &str = "Kubernetes::core::Container";
/// The lists of a pod's containers, and what stands in them.
const LISTS: [(&str, &str); 3] =
    [("containers", "container"), ("initContainers", "init"), ("ephemeralContainers", "ephemeral")];

/// What makes the pods.
pub(super) struct Workload<'v> {
    pub(super) template: Template<'v>,
    pub(super) identity: &'v Identity<'v>,
    pub(super) address: &'v str,
}

/// How many containers a pod has.
pub(super) fn count(spec: &Value) -> usize {
    LISTS.iter().filter_map(|(list, _)| spec.get(list)).map(|list| list.items().len()).sum()
}

/// The containers of a workload as drafts.
pub(super) fn drafts(workload: &Workload<'_>, words: Words<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (list, role) in LISTS {
        for container in workload.template.spec.get(list).map(Value::items).unwrap_or_default() {
            if matches!(container.form, Form::Map(_)) {
                let number = drafts.len();
                drafts.push(draft(workload, container, role, number, words));
            }
        }
    }
    drafts
}

/// Takes the values of secrets out of the environments of a workload.
pub(super) fn redact(draft: &mut Draft) {
    for key in ["spec", "template", "PodSpec"] {
        if let Some(node) = draft.get_mut(key) {
            redact_environments(node);
        }
    }
}

fn draft(workload: &Workload<'_>, container: &Value, role: &str, number: usize, words: Words<'_>) -> Draft {
    let name = container.get("name").and_then(Value::as_str).map_or("", |name| &**name);
    let name = if name.is_empty() { number.to_string() } else { name.to_owned() };
    let mut draft = Draft::new(CONTAINER, format!("{}/{name}", workload.address), container.span);
    for entry in container.entries() {
        draft.write(&entry.key, &entry.value, words);
        draft.place(&*entry.key, entry.span());
    }
    if let Some(environment) = draft.get_mut("env") {
        redact_list(environment);
    }
    draft.set("Role", Node::text(role));
    draft.set("Workload", of_workload(workload, words));
    write_pod(&mut draft, workload, words);
    write_image(&mut draft, container, words);
    write_effective(&mut draft, workload, container, words);
    write_mounts(&mut draft, workload, container, words);
    write_environment(&mut draft, container);
    if let Some(component) = components::of_container(container, words) {
        component.write(&mut draft);
    }
    draft.name = format!("{}/{name}", workload.identity.name);
    draft
}

fn of_workload(workload: &Workload<'_>, words: Words<'_>) -> Node {
    let Identity { group, kind, namespace, name } = workload.identity;
    let text = |text: &str| if text.is_empty() { Node::Absent } else { Node::text(text) };
    let metadata = |key: &str| {
        workload.template.metadata.and_then(|it| it.get(key)).map_or(Node::Absent, |it| node(it, words))
    };
    let entries: [(&str, Node); 6] = [
        ("group", text(group)),
        ("kind", text(kind)),
        ("namespace", text(namespace)),
        ("name", text(name)),
        ("labels", metadata("labels")),
        ("annotations", metadata("annotations")),
    ];
    entries.into_iter().collect::<Map>().into()
}

/// The pod without its containers, under `Pod`.
fn write_pod(draft: &mut Draft, workload: &Workload<'_>, words: Words<'_>) {
    let mut pod = Map::default();
    for entry in workload.template.spec.entries() {
        if LISTS.iter().any(|(list, _)| *list == &*entry.key) {
            continue;
        }
        pod.insert(entry.key.clone(), node(&entry.value, words));
        let path = format!("Pod.{}", entry.key);
        draft.place(&*path, entry.span());
        draft.places_of(&path, &entry.value);
    }
    draft.set("Pod", pod.into());
}

fn write_image(draft: &mut Draft, container: &Value, words: Words<'_>) {
    let Some(written) = container.get("image") else { return };
    let value = match node(written, words) {
        Node::Text(reference) if !reference.is_empty() => image(&reference),
        unknown @ Node::Unknown(_) => unknown,
        _ => return,
    };
    draft.set("Image", value);
    draft.place("Image", written.span);
}

/// What holds for the container: its own word before the pod's.
fn write_effective(draft: &mut Draft, workload: &Workload<'_>, container: &Value, words: Words<'_>) {
    let contexts = [container.get("securityContext"), workload.template.spec.get("securityContext")];
    let mut effective = Map::default();
    for (name, path) in [
        ("RunAsUser", &["runAsUser"][..]),
        ("RunAsGroup", &["runAsGroup"]),
        ("RunAsNonRoot", &["runAsNonRoot"]),
        ("SeccompProfile", &["seccompProfile", "type"]),
        ("AppArmorProfile", &["appArmorProfile", "type"]),
        ("SeLinuxType", &["seLinuxOptions", "type"]),
        ("HostProcess", &["windowsOptions", "hostProcess"]),
    ] {
        let at =
            |context: &Value| path.iter().try_fold(context.clone(), |value, key| value.get(key).cloned());
        if let Some(value) = contexts.into_iter().flatten().find_map(at) {
            effective.insert(name, node(&value, words));
            draft.place(format!("Effective.{name}"), value.span);
        }
    }
    draft.set("Effective", effective.into());
}

/// Mounts with the host's folder that is behind them.
fn write_mounts(draft: &mut Draft, workload: &Workload<'_>, container: &Value, words: Words<'_>) {
    let volumes = workload.template.spec.get("volumes").map(Value::items).unwrap_or_default();
    let mut mounts = Vec::new();
    for (at, mount) in container.get("volumeMounts").map(Value::items).unwrap_or_default().iter().enumerate()
    {
        let value = |key: &str| mount.get(key).map_or(Node::Absent, |value| node(value, words));
        let volume = mount.get("name").and_then(|name| volumes.iter().find(|it| named(it) == name.as_str()));
        let behind = volume.map_or(Node::Absent, |volume| node(volume, words));
        let entries: [(&str, Node); 4] = [
            ("MountPath", value("mountPath")),
            ("ReadOnly", value("readOnly")),
            ("SubPath", value("subPath")),
            ("HostPath", behind.at("hostPath.path").clone()),
        ];
        mounts.push(entries.into_iter().collect::<Map>().into());
        draft.place(format!("Mounts.{at}"), mount.span);
    }
    draft.set("Mounts", Node::List(mounts));
}

fn named(value: &Value) -> Option<&Arc<str>> {
    value.get("name").and_then(Value::as_str)
}

/// The variables without their values: `Name` and `From` (`literal`, `secret`, `other`).
fn write_environment(draft: &mut Draft, container: &Value) {
    let mut variables = Vec::new();
    for variable in container.get("env").map(Value::items).unwrap_or_default() {
        let Some(name) = named(variable) else { continue };
        let source = variable.get("valueFrom");
        let from = match (source, variable.get("value")) {
            (Some(source), _) if source.get("secretKeyRef").is_some() => "secret",
            (Some(_), _) => "other",
            (None, Some(value))
                if value.as_str().is_some_and(|text| !text.is_empty() && !text.starts_with("$(")) =>
            {
                "literal"
            }
            _ => "other",
        };
        draft.place(format!("Environment.{}", variables.len()), variable.span);
        let entries: [(&str, Node); 3] = [
            ("Name", Node::Text(name.clone())),
            ("From", Node::text(from)),
            ("NamesSecret", Node::Bool(names_a_secret(name))),
        ];
        variables.push(entries.into_iter().collect::<Map>().into());
    }
    for source in container.get("envFrom").map(Value::items).unwrap_or_default() {
        if source.get("secretRef").is_some() {
            draft.place(format!("Environment.{}", variables.len()), source.span);
            let entries: [(&str, Node); 2] =
                [("From", Node::text("secret")), ("NamesSecret", Node::Bool(false))];
            variables.push(entries.into_iter().collect::<Map>().into());
        }
    }
    draft.set("Environment", Node::List(variables));
}

fn redact_environments(node: &mut Node) {
    match node {
        Node::List(items) => items.iter_mut().for_each(redact_environments),
        Node::Map(map) => {
            for (key, value) in map.iter_mut() {
                if key == "env" {
                    redact_list(value);
                } else {
                    redact_environments(value);
                }
            }
        }
        _ => {}
    }
}

fn redact_list(environment: &mut Node) {
    let Node::List(variables) = environment else { return };
    for variable in variables {
        let secret = variable.key("name").as_str().is_some_and(names_a_secret);
        if let (true, Node::Map(map)) = (secret, variable)
            && map.get("value").is_some_and(|value| !value.is_absent())
        {
            map.insert("value", kept_out("env"));
        }
    }
}

/// Where a value is written, or what stands in for it where it is not.
pub(super) fn first_span(value: Option<&Value>, or: Span) -> Span {
    value.map_or(or, |value| value.span)
}
