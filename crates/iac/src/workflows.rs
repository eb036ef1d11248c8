//! GitHub Actions: what a repository lets run, for whom, and with which rights.
//!
//! A workflow is an asset of the kind `GitHub::Actions::Workflow`, each of its jobs a `GitHub::Actions::Job`, and a
//! composite action a `GitHub::Actions::Action`. They are the file's own words, and beside them, in one form
//! whichever way the file writes them: `Triggers`, `Permissions` (of a job: what holds for it), `Steps` with the
//! action that each uses and with the expressions in its script that a stranger can fill.

mod expressions;

use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_model::{Map, Node};

use crate::declared::{Declaring, Draft, Manifests, Words, names_a_secret, no_holes, node};
use crate::document::{Form, Span, Value};
use crate::manifest::{self, ManifestFile};
use crate::places;
use crate::shell;
use crate::tree::Tree;
use expressions::{Filled, filled_by_strangers};

/// The kinds of what is read here.
const WORKFLOW: &str = "GitHub::Actions::Workflow";
const JOB: &str = "GitHub::Actions::Job";
const ACTION: &str = "GitHub::Actions::Action";

/// Triggers that somebody without any right in the repository can set off, and that run with its secrets.
const STRANGERS_WITH_SECRETS: [&str; 8] = [
    "discussion",
    "discussion_comment",
    "fork",
    "issue_comment",
    "issues",
    "pull_request_target",
    "watch",
    "workflow_run",
];
/// Those that somebody without any right can set off and that run without its secrets.
const STRANGERS: [&str; 3] = ["pull_request", "pull_request_review", "pull_request_review_comment"];

/// Reads every workflow and composite action of a tree.
pub fn declared(tree: &Tree) -> Manifests {
    let mut declaring = Declaring::default();
    for path in tree.files() {
        let is_workflow = is_workflow(path);
        if !is_workflow && !is_action(path) {
            continue;
        }
        let Some(file) = manifest::read(tree, path, |_| true, &mut declaring.made.troubles) else { continue };
        declaring.made.files += 1;
        let root: Arc<str> = places::folder(path).into();
        for document in &file.documents {
            declaring
                .made
                .troubles
                .extend(document.faults.iter().cloned().map(|fault| file.source.faulty(fault)));
            let Some(root_value) = document.root.as_ref().filter(|it| matches!(it.form, Form::Map(_))) else {
                continue;
            };
            let drafts = match is_workflow {
                true => workflow(path, root_value, &file),
                false => action(path, root_value, &file).into_iter().collect(),
            };
            drafts.into_iter().for_each(|draft| declaring.add(draft, &file.source, &root));
        }
    }
    declaring.made
}

fn is_workflow(path: &str) -> bool {
    let folder = places::folder(path);
    (folder == ".github/workflows" || folder.ends_with("/.github/workflows")) && is_yaml(path)
}

fn is_action(path: &str) -> bool {
    matches!(places::name(path), "action.yml" | "action.yaml")
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

fn words(file: &ManifestFile) -> Words<'_> {
    Words { text: &file.text.text, offset: file.text.offset, old_booleans: false, holes: no_holes }
}

fn workflow(path: &str, root: &Value, file: &ManifestFile) -> Vec<Draft> {
    let name = places::name(path);
    let mut draft = Draft::new(WORKFLOW, name, root.span);
    for entry in root.entries().iter().filter(|entry| !matches!(&*entry.key, "jobs" | "env")) {
        draft.write(&entry.key, &entry.value, words(file));
        draft.place(&*entry.key, entry.span());
    }
    let triggers = triggers(root.get("on"));
    about_triggers(&mut draft, &triggers, root.get("on"));
    permissions(&mut draft, root.get("permissions"), words(file));
    variables(&mut draft, root.get("env"));
    let jobs = root.get("jobs").map(Value::entries).unwrap_or_default();
    let undeclared = jobs.iter().filter(|job| job.value.get("permissions").is_none());
    draft.set(
        "JobsWithoutPermissions",
        Node::List(undeclared.map(|job| Node::Text(job.key.clone())).collect()),
    );
    let of_workflow = Filled::from_environment(root.get("env"), &Filled::default());
    let mut drafts = vec![draft];
    for entry in jobs {
        if matches!(entry.value.form, Form::Map(_)) {
            let mut draft = Draft::new(JOB, format!("{name}/{}", entry.key), entry.span());
            about_triggers(&mut draft, &triggers, None);
            job(&mut draft, &entry.value, root, &of_workflow, file);
            drafts.push(draft);
        }
    }
    drafts
}

fn job(draft: &mut Draft, job: &Value, root: &Value, of_workflow: &Filled, file: &ManifestFile) {
    for entry in job
        .entries()
        .iter()
        .filter(|entry| !matches!(&*entry.key, "steps" | "env" | "services" | "container"))
    {
        draft.write(&entry.key, &entry.value, words(file));
        draft.place(&*entry.key, entry.span());
    }
    permissions(draft, job.get("permissions").or_else(|| root.get("permissions")), words(file));
    variables(draft, job.get("env"));
    let labels = runner_labels(job.get("runs-on"));
    draft.set("SelfHosted", Node::Bool(labels.iter().any(|label| label.eq_ignore_ascii_case("self-hosted"))));
    draft.place("SelfHosted", job.get("runs-on").map_or(job.span, |it| it.span));
    draft.set(
        "InheritsSecrets",
        Node::Bool(job.get("secrets").and_then(Value::as_str).is_some_and(|it| **it == *"inherit")),
    );
    draft.place("InheritsSecrets", job.get("secrets").map_or(job.span, |it| it.span));
    draft.set("Condition", job.get("if").map_or(Node::Absent, |value| node(value, words(file))));
    if let Some(uses) = job.get("uses") {
        draft.set("Uses", action_reference(uses));
        draft.place("Uses", uses.span);
    }
    let container = job.get("container");
    let image = container.and_then(|it| it.as_str().or_else(|| it.get("image")?.as_str()));
    if let (Some(image), Some(container)) = (image, container) {
        draft.set("ContainerImage", crate::image::image(image));
        draft.place("ContainerImage", container.span);
    }
    let of_job = Filled::from_environment(job.get("env"), of_workflow);
    steps(draft, job.get("steps"), &of_job, file);
}

fn action(path: &str, root: &Value, file: &ManifestFile) -> Option<Draft> {
    let runs = root.get("runs")?;
    if runs.get("using").and_then(Value::as_str).is_none_or(|using| **using != *"composite") {
        return None;
    }
    let folder = places::name(places::folder(path));
    let mut draft = Draft::new(ACTION, if folder.is_empty() { "action" } else { folder }, root.span);
    steps(&mut draft, runs.get("steps"), &Filled::default(), file);
    Some(draft)
}

/// The names of triggers, from a word, a list or a map.
fn triggers(on: Option<&Value>) -> BTreeSet<String> {
    let Some(on) = on else { return BTreeSet::new() };
    let word = on.as_str().map(|word| word.to_string());
    let items = on.items().iter().filter_map(|item| item.as_str().map(|word| word.to_string()));
    word.into_iter().chain(items).chain(on.entries().iter().map(|entry| entry.key.to_string())).collect()
}

fn about_triggers(draft: &mut Draft, triggers: &BTreeSet<String>, on: Option<&Value>) {
    draft.set("Triggers", Node::List(triggers.iter().map(|trigger| Node::text(trigger.as_str())).collect()));
    let has = |list: &[&str]| triggers.iter().any(|trigger| list.contains(&trigger.as_str()));
    draft.set("StrangersWithSecrets", Node::Bool(has(&STRANGERS_WITH_SECRETS)));
    draft.set("Strangers", Node::Bool(has(&STRANGERS_WITH_SECRETS) || has(&STRANGERS)));
    if let Some(on) = on {
        for key in ["Triggers", "StrangersWithSecrets", "Strangers"] {
            draft.place(key, on.span);
        }
    }
}

/// `Permissions`: `All` is `read-all` or `write-all`, `Scopes` what is granted one by one; absent where nothing is
/// written and the repository's own setting decides.
fn permissions(draft: &mut Draft, written: Option<&Value>, words: Words<'_>) {
    let Some(written) = written else { return };
    let mut permissions = Map::default();
    match written.as_str() {
        Some(all) => permissions.insert("All", Node::Text(all.clone())),
        None => permissions.insert("Scopes", node(written, words)),
    }
    draft.place("Permissions", written.span);
    draft.places_of("Permissions.Scopes", written);
    draft.set("Permissions", permissions.into());
}

/// The variables without their values.
fn variables(draft: &mut Draft, written: Option<&Value>) {
    let mut variables = Vec::new();
    for entry in written.map(Value::entries).unwrap_or_default() {
        let literal = match &entry.value.form {
            Form::Text(text) => !text.is_empty() && !text.contains("${{"),
            _ => false,
        };
        draft.place(format!("Environment.{}", variables.len()), entry.span());
        let entries: [(&str, Node); 3] = [
            ("Name", Node::Text(entry.key.clone())),
            ("From", Node::text(if literal { "literal" } else { "other" })),
            ("NamesSecret", Node::Bool(names_a_secret(&entry.key))),
        ];
        variables.push(Node::Map(entries.into_iter().collect::<Map>()));
    }
    draft.set("Environment", Node::List(variables));
}

fn runner_labels(runs_on: Option<&Value>) -> Vec<String> {
    let Some(runs_on) = runs_on else { return Vec::new() };
    let labels = runs_on.get("labels").unwrap_or(runs_on);
    let one = labels.as_str().map(|label| label.to_string());
    one.into_iter()
        .chain(labels.items().iter().filter_map(|it| it.as_str().map(|it| it.to_string())))
        .collect()
}

fn steps(draft: &mut Draft, written: Option<&Value>, around: &Filled, file: &ManifestFile) {
    let mut nodes = Vec::new();
    for step in written.map(Value::items).unwrap_or_default() {
        let path = format!("Steps.{}", nodes.len());
        draft.place(&*path, step.span);
        let mut entries = Map::default();
        for key in ["name", "if", "with"] {
            if let Some(value) = step.get(key) {
                entries.insert(key, node(value, words(file)));
                draft.place(format!("{path}.{key}"), value.span);
                draft.places_of(&format!("{path}.{key}"), value);
            }
        }
        if let Some(uses) = step.get("uses") {
            entries.insert("Uses", action_reference(uses));
            draft.place(format!("{path}.Uses"), uses.span);
        }
        let environment = Filled::from_environment(step.get("env"), around);
        let script = step.get("run").or_else(|| script_of_action(step));
        if let Some(script) = script
            && let Some(text) = script.as_str()
        {
            scripts(draft, &mut entries, &path, (script.span, text), &environment, file);
        }
        entries.insert("ChecksOut", checked_out(step));
        nodes.push(entries.into());
    }
    draft.set("Steps", Node::List(nodes));
}

/// `actions/github-script` runs its input.
fn script_of_action(step: &Value) -> Option<&Value> {
    let uses = step.get("uses")?.as_str()?;
    uses.starts_with("actions/github-script@").then(|| step.get("with")?.get("script")).flatten()
}

/// `Injections` (what strangers fill into a script), `Inputs` (what those who may start it fill in) and `Commands`.
fn scripts(
    draft: &mut Draft,
    entries: &mut Map,
    path: &str,
    (span, text): (Span, &str),
    environment: &Filled,
    file: &ManifestFile,
) {
    let written = words(file).written(span);
    let place_of = |expression: &str| {
        let at = written.find(expression).unwrap_or(0);
        let start = span.start.saturating_add(u32::try_from(at).unwrap_or(0));
        Span {
            start,
            end: start.saturating_add(u32::try_from(expression.len()).unwrap_or(0)).min(span.end.max(start)),
        }
    };
    let found = filled_by_strangers(text, environment);
    for (key, list) in [("Injections", &found.by_strangers), ("Inputs", &found.by_starters)] {
        for (at, expression) in list.iter().enumerate() {
            draft.place(format!("{path}.{key}.{at}"), place_of(expression));
        }
        entries.insert(key, Node::List(list.iter().map(|it| Node::text(it.as_str())).collect()));
    }
    if !text.contains("github.") || entries.get("Uses").is_none() {
        let commands = shell::commands(text);
        entries.insert("Commands", Node::List(commands.iter().map(|it| it.node().into()).collect()));
    }
    draft.place(format!("{path}.Commands"), span);
}

/// `Owner`, `Repository`, `Path`, `Ref`, `Pinned`, and `Local` or `Image` of what a step uses.
fn action_reference(uses: &Value) -> Node {
    let Some(text) = uses.as_str() else { return Node::Absent };
    let mut entries = Map::default();
    entries.insert("Text", Node::Text(text.clone()));
    if let Some(image) = text.strip_prefix("docker://") {
        let image = crate::image::image(image);
        entries.insert("Pinned", Node::Bool(!image.key("Digest").is_absent()));
        entries.insert("Image", image);
        return entries.into();
    }
    if text.starts_with("./") || text.starts_with("../") {
        entries.insert("Local", Node::Bool(true));
        entries.insert("Pinned", Node::Bool(true));
        return entries.into();
    }
    let (name, reference) = text.split_once('@').unwrap_or((text, ""));
    let mut parts = name.splitn(3, '/');
    for key in ["Owner", "Repository", "Path"] {
        entries.insert(key, parts.next().map_or(Node::Absent, Node::text));
    }
    let is_commit = reference.len() == 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    entries.insert("Ref", Node::text(reference));
    entries.insert("Pinned", Node::Bool(is_commit));
    entries.into()
}

/// What a step checks out: `head` where it is the code of whoever made the pull request, else `base`.
fn checked_out(step: &Value) -> Node {
    let with = step.get("with");
    let of = |key: &str| with.and_then(|with| with.get(key)?.as_str()).map_or("", |text| &**text);
    let is_checkout =
        step.get("uses").and_then(Value::as_str).is_some_and(|it| it.starts_with("actions/checkout@"));
    if is_checkout {
        let head = [of("ref"), of("repository")].iter().any(|text| expressions::names_the_head(text));
        return Node::text(if head { "head" } else { "base" });
    }
    let run = step.get("run").and_then(Value::as_str).map_or("", |text| &**text);
    let fetches = shell::commands(run).iter().any(|command| {
        let words = command.words.join(" ");
        command.program() == "gh" && words.contains("pr checkout")
            || command.program() == "git"
                && (words.contains(" fetch") || words.contains(" checkout"))
                && (words.contains("pull/") || expressions::names_the_head(&words))
    });
    if fetches { Node::text("head") } else { Node::Absent }
}
