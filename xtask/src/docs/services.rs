//! Who holds what: each service's kinds, and where its lines come from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use partywall_content::load::Content;
use partywall_content::{LineRule, SourceRef};

use super::markdown::{cell, code, codes, generated_from, prose};

pub(super) fn page(content: &Content) -> String {
    let mut page = generated_from("content/ssrm/services and content/ssrm/archetypes.yaml");
    let kinds: usize = content.services.iter().map(|service| service.kinds.len()).sum();
    let _ = write!(
        page,
        "# Who holds what\n\n{kinds} kinds in {} service files. For each control the first line of the service file whose condition \
         holds answers, else the archetype of the kind.\n\n## Archetypes\n\n| archetype | what it is | lines | unverified |\n|---|---|---|---|\n",
        content.services.len()
    );
    for archetype in &content.archetypes {
        let (lines, unverified) = counts(&archetype.lines);
        let _ = writeln!(
            page,
            "| {} | {} | {lines} | {unverified} |",
            code(&archetype.id),
            cell(&archetype.meaning)
        );
    }
    for service in &content.services {
        let (lines, unverified) = counts(&service.lines);
        let _ = write!(page, "\n## {}\n\n", service.id);
        for (kind, archetype) in &service.kinds {
            let _ = writeln!(page, "- {} is {}", code(kind.as_str()), code(archetype));
        }
        if lines == 0 {
            page.push_str("\nIt has no lines of its own.\n");
            continue;
        }
        let _ = write!(
            page,
            "\nLines of its own: {lines}, of which {unverified} unverified.\n\n\
             | controls | when | who | customer's part | source |\n|---|---|---|---|---|\n"
        );
        service.lines.iter().for_each(|line| row(&mut page, line));
    }
    sources(&mut page, content);
    page
}

fn row(page: &mut String, line: &LineRule) {
    let when = match (&line.when, line.kinds.len()) {
        (Some(when), _) => code(when.source()),
        (None, 0) => "always".to_owned(),
        (None, _) => format!("of {}", codes(line.kinds.iter().map(|kind| kind.as_str()))),
    };
    let source = match &line.source {
        SourceRef::Page { url, as_of } => format!("[as of {as_of}]({url})"),
        other => other.to_string(),
    };
    let _ = writeln!(
        page,
        "| {} | {when} | {} | {} | {source} |",
        codes(line.controls.iter().map(|control| control.as_str())),
        line.holder,
        cell(&line.customer_does),
    );
}

/// All lines, and those without a page that was read.
fn counts(lines: &[LineRule]) -> (usize, usize) {
    (lines.len(), lines.iter().filter(|line| line.source == SourceRef::Unverified).count())
}

/// The pages that were read, each once.
fn sources(page: &mut String, content: &Content) {
    let mut pages: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for source in crate::content::check::lines(content) {
        if let SourceRef::Page { url, as_of } = source {
            pages.entry(url).or_insert((as_of, 0)).1 += 1;
        }
    }
    let _ = write!(
        page,
        "\n## Sources\n\n{} public pages were read.\n\n| page | read on | lines |\n|---|---|---|\n",
        pages.len()
    );
    for (url, (as_of, lines)) in pages {
        let _ = writeln!(page, "| <{}> | {as_of} | {lines} |", prose(url));
    }
}
