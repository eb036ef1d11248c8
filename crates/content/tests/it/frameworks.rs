//! Framework files: what is refused, what is derived, and what a user's folder may do.

use std::path::Path;

use partywall_content::load::{Content, Files, Loaded, load};
use partywall_content::{Framework, Strength};

const HEAD: &str = "title: A frame\nversion: \"1\"\npublisher: us\nurl: https://example.com\n";

fn repository() -> Files {
    Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content")).unwrap()
}

/// The repository's controls and the given files, by path.
fn loaded(files: &[(&str, String)], base: Content) -> Loaded {
    let mut all = repository();
    all.0.retain(|path, _| path.starts_with("ssrm/"));
    all.0.extend(files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())));
    load(&all, base)
}

fn frame(requirements: &str) -> Vec<(&'static str, String)> {
    vec![("frameworks/frame.yaml", format!("framework: frame\n{HEAD}{requirements}"))]
}

fn problems(requirements: &str) -> Vec<String> {
    let loaded = loaded(&frame(requirements), Content::default());
    loaded.problems.iter().map(|problem| format!("{}: {}", problem.subject, problem.message)).collect()
}

fn ids(framework: &Framework) -> Vec<&str> {
    framework.requirements.iter().map(|requirement| &*requirement.id).collect()
}

#[test]
fn requirements_and_others_stand_together_in_the_order_of_their_numbers() {
    let text = "requirements:\n  R-10: { strength: full }\n  R-2: { controls: [hosts.hardening], strength: part }\nothers: [R-9, R-1]\n";
    let loaded = loaded(&frame(text), Content::default());
    assert_eq!(loaded.problems, []);
    let framework = loaded.content.framework("frame").unwrap();
    assert_eq!(ids(framework), ["R-1", "R-2", "R-9", "R-10"]);
    assert_eq!(framework.requirement("R-9").unwrap().strength, Strength::Touches);
    let hardening = loaded.content.control("hosts.hardening").unwrap();
    assert_eq!(hardening.related.get("frame").unwrap(), &["R-2".into()]);
}

#[test]
fn a_control_that_is_not_there_is_refused_with_its_line() {
    let found = problems("requirements:\n  R-1: { controls: [hosts.nothing], strength: part }\n");
    assert_eq!(found, ["frameworks/frame.yaml:7: there is no control `hosts.nothing`"]);
}

#[test]
fn an_id_that_is_there_twice_is_refused() {
    let found = problems("requirements:\n  R-1: { strength: part }\nothers: [R-1]\n");
    assert_eq!(found, ["frameworks/frame.yaml:8: `R-1` is under `requirements` already"]);
    let found = problems("requirements: {}\nothers: [R-1, R-1]\n");
    assert_eq!(found, ["frameworks/frame.yaml:7: `R-1` is listed twice"]);
    let found = problems("requirements:\n  R-1: { strength: part }\n  R-1: { strength: full }\n");
    assert!(!found.is_empty());
}

#[test]
fn a_file_is_named_like_its_framework() {
    let text = format!("framework: other\n{HEAD}requirements: {{}}\n");
    let loaded = loaded(&[("frameworks/frame.yaml", text)], Content::default());
    assert_eq!(&*loaded.problems[0].message, "the file of framework `other` must be `frameworks/other.yaml`");
}

#[test]
fn a_check_may_name_only_what_a_framework_has() {
    let mut files = repository();
    let (path, text) = files.0.iter().find(|(path, _)| path.ends_with("/s3-bucket-public.yaml")).unwrap();
    let (before, after) = text.split_once("related:").unwrap();
    let rest = after.split_once("\nfails_when:").map(|(_, rest)| format!("fails_when:{rest}")).unwrap();
    let wrong = "related: { nist-800-53r5: [AC-3, AC-3, AC-999], nobody: [X] }\n";
    let (path, text) = (path.clone(), format!("{before}{wrong}{rest}"));
    files.0.insert(path.clone(), text);
    let found: Vec<String> = load(&files, Content::default())
        .problems
        .iter()
        .filter(|problem| *problem.subject == *path)
        .map(|problem| problem.message.to_string())
        .collect();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().any(|problem| problem.starts_with("`nist-800-53r5` has no requirement `AC-999`")));
    assert!(found.iter().any(|problem| problem == "`nist-800-53r5` `AC-3` is named twice"));
    assert!(found.iter().any(|problem| problem.starts_with("there is no framework `nobody`")));
}

#[test]
fn a_control_does_not_name_requirements_itself() {
    let controls = repository().0.remove("ssrm/controls.yaml").unwrap();
    let (first, rest) = controls.split_once("    layer: apps\n").unwrap();
    let text = format!("{first}    layer: apps\n    related: {{ frame: [R-1] }}\n{rest}");
    let loaded = loaded(&[("ssrm/controls.yaml", text)], Content::default());
    assert!(loaded.problems[0].message.contains("is said in `frameworks/<framework>.yaml`"));
}

#[test]
fn a_users_folder_adds_a_framework_and_replaces_one() {
    let base = loaded(&frame("requirements:\n  R-1: { strength: part }\n"), Content::default()).content;
    let text = format!("framework: own\n{HEAD}requirements:\n  O-1: {{ strength: full }}\n");
    let with_own = load(&Files([("frameworks/own.yaml".to_owned(), text)].into()), base.clone()).content;
    assert_eq!(with_own.frameworks.iter().map(|one| &*one.id).collect::<Vec<_>>(), ["frame", "own"]);
    let other: Vec<(String, String)> = frame("requirements:\n  R-5: { strength: full }\n")
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text))
        .collect();
    let replaced = load(&Files(other.into_iter().collect()), base).content;
    assert_eq!(ids(replaced.framework("frame").unwrap()), ["R-5"]);
}
