//! What is read of each kind: operations, and the properties that they fill.

use std::fmt::Write as _;

use partywall_content::load::Content;
use partywall_content::{CallTemplate, Collector, KindCollector, KindSource, Scope};

use super::markdown::{code, codes, generated_from};

pub(super) fn page(content: &Content) -> String {
    let kinds: usize = content.collectors.iter().map(|collector| collector.kinds.len()).sum();
    let mut page = generated_from("content/collect");
    let _ = write!(
        page,
        "# What is read\n\n{kinds} kinds of {} services. `Observed.` holds facts for which CloudFormation has no property, \
         under the names of the API's own answer.\nAn error code that is listed as *absent on* means that there is nothing; \
         every other failure makes the property *unknown*, with the operation and the code.\n`partywall aws policy` prints \
         the permissions that these operations need.\n",
        content.collectors.len()
    );
    for collector in &content.collectors {
        let _ = write!(page, "\n## {}\n", collector.service);
        collector.kinds.iter().for_each(|kind| section(&mut page, kind, collector));
    }
    page
}

fn section(page: &mut String, kind: &KindCollector, collector: &Collector) {
    let scope = match kind.scope {
        Scope::Account => "once for each account",
        Scope::Region => "in each region",
    };
    let listed = match &kind.source {
        KindSource::Singleton => "there is exactly one".to_owned(),
        KindSource::List(list) => format!("listed by {}", operation(&list.call, collector)),
        KindSource::Nested { parent, list } => {
            format!("listed by {} for each {}", operation(&list.call, collector), code(parent.as_str()))
        }
    };
    let _ = write!(
        page,
        "\n### {}\n\nAsked for {scope}; {listed}.\n\n| property | filled by | absent on |\n|---|---|---|\n",
        kind.kind
    );
    let own = match &kind.source {
        KindSource::Singleton => "the account itself".to_owned(),
        KindSource::List(list) | KindSource::Nested { list, .. } => operation(&list.call, collector),
    };
    for (property, _) in &kind.properties {
        let _ = writeln!(page, "| {} | {own} | – |", code(property));
    }
    for read in &kind.read {
        let operation = operation(&read.call, collector);
        let absent = codes(read.absent_on.iter().map(|error| &*error.code));
        for target in &read.targets {
            let _ = writeln!(page, "| {} | {operation} | {absent} |", code(&target.into));
        }
        if read.targets.is_empty() {
            let label = read.label.as_deref().unwrap_or("nothing of its own");
            let _ = writeln!(page, "| (used by other rows as {}) | {operation} | {absent} |", code(label));
        }
    }
    for rule in &kind.secrets {
        let kept = if rule.drop { "and taken out" } else { "and redacted" };
        let _ = writeln!(
            page,
            "| {} | what looks like a secret in {}, scanned in memory {kept} | – |",
            code(&rule.into),
            code(&rule.at)
        );
    }
}

fn operation(call: &CallTemplate, collector: &Collector) -> String {
    let service = call.service.as_deref().unwrap_or(&collector.service);
    code(&format!("{service}:{}", call.operation))
}
