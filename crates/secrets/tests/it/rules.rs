//! Every example of every rule.

use std::collections::BTreeSet;

use partywall_content::{SecretMatcher, SecretVerdict};

use crate::{content, scanner};

#[test]
fn the_content_has_no_mistake() {
    let loaded = content();
    let about: Vec<_> =
        loaded.problems.iter().filter(|problem| problem.subject.starts_with("secrets/")).collect();
    assert!(about.is_empty(), "{about:#?}");
}

#[test]
fn every_rule_finds_its_examples_and_nothing_in_the_others() {
    let loaded = content();
    let scanner = scanner(loaded);
    let mut wrong = Vec::new();
    for (id, examples) in &loaded.secret_examples {
        for example in examples {
            let text = example.value.text.concat();
            let path = example.value.path.as_deref().unwrap_or("file.txt");
            let scan = scanner.scan(path, text.as_bytes());
            let found: Vec<&str> = scan
                .found
                .iter()
                .filter_map(|found| scanner.rule(found.rule))
                .map(|rule| &*rule.id)
                .collect();
            let is_right = match example.value.verdict {
                SecretVerdict::Match => found == [&**id],
                SecretVerdict::NoMatch => !found.contains(&&**id),
            };
            if !is_right || scan.gave_up.is_some() {
                wrong.push(format!(
                    "{id}, {:?}: found {found:?} in {text} ({:?})",
                    example.value.verdict, scan.gave_up
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn there_are_rules_for_many_providers_and_each_says_why_and_what_to_do() {
    let loaded = content();
    let specific = |matcher: &SecretMatcher| *matcher != SecretMatcher::Assignment;
    let rules = &loaded.content.secrets.rules;
    assert!(rules.iter().filter(|rule| specific(&rule.matcher)).count() >= 250);
    let ids: BTreeSet<&str> = rules.iter().map(|rule| &*rule.id).collect();
    assert_eq!(ids.len(), rules.len());
    for rule in rules {
        assert!(rule.why.len() > 20 && rule.fix.len() > 40, "{}", rule.id);
        assert!(loaded.content.check(&rule.id).is_none(), "{} is a check too", rule.id);
    }
}

#[test]
fn nothing_of_a_secret_but_four_letters_of_its_prefix_leaves_the_scanner() {
    let loaded = content();
    let scanner = scanner(loaded);
    for (id, examples) in &loaded.secret_examples {
        for example in examples.iter().filter(|example| example.value.verdict == SecretVerdict::Match) {
            let text = example.value.text.concat();
            let path = example.value.path.as_deref().unwrap_or("file.txt");
            for found in scanner.scan(path, text.as_bytes()).found {
                let secret = &text[found.span.clone()];
                let told = format!("{found:?}");
                let rest: String = secret.chars().skip(4).take(6).collect();
                assert!(!told.contains(&rest), "{id}: {told}");
                let prefix = scanner.rule(found.rule).unwrap().prefix.clone().unwrap_or_default();
                assert!(secret.starts_with(&*prefix), "{id}: the secret does not begin with `{prefix}`");
            }
        }
    }
}

#[test]
fn the_same_secret_has_one_fingerprint_wherever_it_stands() {
    let loaded = content();
    let scanner = scanner(loaded);
    let text = crate::example(loaded, "github-personal-token");
    let print = |text: &str| scanner.scan("a.txt", text.as_bytes()).found[0].fingerprint;
    assert_eq!(print(&text), print(&format!("\n\n# moved {text}")));
    let escaped = text.replace("\"g", "\"\\ng");
    assert_eq!(print(&text), print(&escaped), "after an escaped line break");
}
