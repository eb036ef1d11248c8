//! One page for each check, and the index by service.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use partywall_content::load::Loaded;
use partywall_content::yaml::Located;
use partywall_content::{Check, CheckStatus, Example};
use partywall_expr::Program;
use partywall_model::{Confidence, Effort, Severity};

use super::Pages;
use super::markdown::{anchor, block, cell, code, codes, generated_from, prose, related};
use crate::content::word;

const FOLDER: &str = "docs/checks";

pub(super) fn pages(loaded: &Loaded, pages: &mut Pages) {
    for (id, examples) in &loaded.examples {
        if let Some(check) = loaded.content.check(id.as_str()) {
            pages.insert(format!("{FOLDER}/{id}.md"), page(check, examples));
        }
    }
    pages.insert(format!("{FOLDER}/README.md"), index(&loaded.content.checks));
}

fn page(check: &Check, examples: &[Located<Example>]) -> String {
    let mut page = generated_from(&format!("content/{}", check.file));
    let status = match check.status {
        CheckStatus::Stable => "",
        CheckStatus::Preview => " · preview: its meaning may still change",
        CheckStatus::Deprecated => " · deprecated",
    };
    let _ = write!(
        page,
        "# {}\n\n`{}` · **{}** · {} confidence · since {}{status}\n\n",
        prose(&check.title),
        check.id,
        check.severity,
        confidence(check.confidence),
        check.since,
    );
    facts(&mut page, check);
    let _ = write!(page, "\n## Why it matters\n\n{}\n\n## What it looks at\n\n", prose(&check.why));
    if let Some(applies_when) = &check.applies_when {
        let _ = write!(page, "It applies where\n\n{}\nand ", block("cel", applies_when.source()));
    } else {
        page.push_str("It ");
    }
    let _ = write!(page, "fails where\n\n{}\n", block("cel", check.fails_when.source()));
    let programs = || check.applies_when.iter().chain([&check.fails_when]);
    reads(&mut page, programs);
    let fix = &check.fix;
    let _ = write!(page, "\n## How to mend it\n\n{} Effort: {}.\n", prose(&fix.summary), effort(fix.effort));
    for way in fix.ways() {
        let _ = write!(page, "\n### {}\n\n{}", way.label, block(way.language, way.code));
    }
    let _ = write!(
        page,
        "\n## Examples\n\nEach is run by the tests; the [file of the check](../../content/{}) has them in full.\n\n\
         | verdict | what it shows |\n|---|---|\n",
        check.file
    );
    for example in examples {
        let example = &example.value;
        let shows = example.name.as_deref().map_or_else(|| properties(example), cell);
        let _ = writeln!(page, "| {} | {shows} |", word(example.verdict));
    }
    page
}

fn facts(page: &mut String, check: &Check) {
    let _ = write!(
        page,
        "| | |\n|---|---|\n| judges | {} |\n| serves the control | [`{}`](../controls.md#{}) |\n| kill-chain stage | {} |\n",
        codes(check.kinds.iter().map(|kind| kind.as_str())),
        check.control,
        anchor(check.control.as_str()),
        check.stage,
    );
    if !check.techniques.is_empty() {
        let _ = writeln!(page, "| ATT&CK techniques | {} |", check.techniques.join(", "));
    }
    let _ = writeln!(page, "| related | {} |", related(&check.related));
    if !check.aliases.is_empty() {
        let _ =
            writeln!(page, "| was called | {} |", codes(check.aliases.iter().map(|alias| alias.as_str())));
    }
}

/// The properties and functions that the expressions use.
fn reads<'a, I: Iterator<Item = &'a Program>>(page: &mut String, programs: impl Fn() -> I) {
    let mut paths: Vec<String> = programs()
        .flat_map(Program::paths)
        .map(|path| path.path.to_string())
        .filter(|path| !path.is_empty() && !path.starts_with("[]"))
        .collect();
    paths.sort();
    paths.dedup();
    if !paths.is_empty() {
        let _ = writeln!(page, "It reads {}.", codes(paths.iter().map(String::as_str)));
    }
    let mut calls: Vec<&str> = programs().flat_map(Program::calls).collect();
    calls.sort_unstable();
    calls.dedup();
    if !calls.is_empty() {
        let links: Vec<String> = calls
            .iter()
            .map(|name| format!("[`{name}`](../reference/functions.md#{})", anchor(name)))
            .collect();
        let _ = writeln!(page, "It calls {}.", links.join(", "));
    }
    page.push_str(
        "A part that was not read, and on which the verdict hangs, makes it *unknown*, never *pass*.\n",
    );
}

/// The properties of an example that has no name.
fn properties(example: &Example) -> String {
    code(&serde_json::to_string(&example.asset).unwrap_or_default())
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::XS => "half a day",
        Effort::S => "one day",
        Effort::M => "three days",
        Effort::L => "eight days",
    }
}

fn index(checks: &[Check]) -> String {
    let mut by_service: BTreeMap<&str, Vec<&Check>> = BTreeMap::new();
    for check in checks {
        let service =
            check.file.trim_start_matches("checks/").rsplit_once('/').map_or("", |(folder, _)| folder);
        by_service.entry(service).or_default().push(check);
    }
    let mut page = generated_from("content/checks");
    let counts: Vec<String> = Severity::ALL
        .iter()
        .map(|severity| (severity, checks.iter().filter(|check| check.severity == *severity).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    let _ = write!(
        page,
        "# Checks\n\n{} checks in {} services: {}.\n",
        checks.len(),
        by_service.len(),
        counts.join(", ")
    );
    for (service, mut checks) in by_service {
        checks.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
        let _ = write!(
            page,
            "\n## {service}\n\n| check | severity | what is wrong | control |\n|---|---|---|---|\n"
        );
        for check in checks {
            let _ = writeln!(
                page,
                "| [`{0}`]({0}.md) | {1} | {2} | [`{3}`](../controls.md#{4}) |",
                check.id,
                check.severity,
                cell(&check.title),
                check.control,
                anchor(check.control.as_str()),
            );
        }
    }
    page
}
