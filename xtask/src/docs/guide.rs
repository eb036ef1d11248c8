//! The examples of the guide are tried: a page that shows what does not work is worse than none.

use partywall_checks::examples;
use partywall_content::Settings;
use partywall_content::load::{self, Content, Files, Loaded};
use partywall_model::{ControlId, Problem};

use crate::repository::Repository;

/// The one block of YAML on a page of the guide.
fn block(page: &str) -> String {
    let text = Repository::find().unwrap().read(&format!("docs/guide/{page}.md")).unwrap();
    let (_, rest) = text.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// The repository's content with the block of a page on top.
fn loaded_with(path: &str, page: &str) -> Loaded {
    let files = Files([(path.to_owned(), block(page))].into());
    let (_, own) = crate::content::load(&Repository::find().unwrap()).unwrap();
    load::load(&files, own.content)
}

fn settings(page: &str) -> Settings {
    let (_, own) = crate::content::load(&Repository::find().unwrap()).unwrap();
    let controls: Vec<ControlId> = Content::control_ids(&own.content);
    Settings::parse(page, &block(page), &controls).unwrap()
}

#[test]
fn the_check_of_the_guide_is_right_and_its_examples_hold_it() {
    let path = "checks/aws/sqs/sqs-queue-without-dead-letters.yaml";
    let loaded = loaded_with(path, "adding-a-check");
    assert_eq!(loaded.problems, Vec::<Problem>::new());
    let [(id, file)] = loaded.examples.as_slice() else { panic!("one file was loaded") };
    let check = loaded.content.check(id.as_str()).unwrap();
    for example in file {
        let verdict = examples::run(check, &example.value, &loaded.content.lifecycle).unwrap();
        assert!(examples::agrees(&verdict, example.value.verdict), "{:?}: {verdict:?}", example.value.name);
    }
    let survivors = crate::content::mutate::survivors(check, file, &loaded.content.lifecycle).unwrap();
    assert_eq!(survivors, Vec::<String>::new());
    // An unknown alone tells nothing apart: whatever is done to the expression, it stays unknown.
    let last: Vec<_> = file.iter().rev().take(1).cloned().collect();
    let survivors = crate::content::mutate::survivors(check, &last, &loaded.content.lifecycle).unwrap();
    assert!(survivors.contains(&"fails_when: negated".to_owned()), "{survivors:?}");
}

#[test]
fn the_collector_of_the_guide_is_right() {
    let loaded = loaded_with("collect/aws/sns.yaml", "adding-a-collector");
    // The page shows fewer properties than the checks ask for; its own file must have no mistake.
    let own: Vec<&Problem> =
        loaded.problems.iter().filter(|problem| problem.subject.starts_with("collect/")).collect();
    assert_eq!(own, Vec::<&Problem>::new());
    let sns = loaded.content.collectors.iter().find(|collector| &*collector.service == "sns").unwrap();
    assert_eq!(sns.kinds.len(), 1);
}

#[test]
fn the_settings_of_the_guide_are_accepted() {
    let whole = settings("settings");
    assert_eq!((whole.accounts.len(), whole.waivers.len(), whole.overlays.len()), (2, 1, 1));
    assert_eq!(settings("getting-started").owners.len(), 2);
}
