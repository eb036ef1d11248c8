//! What could not be seen and why, gathered for a reader.

use std::collections::{BTreeMap, BTreeSet};

use partywall_model::{AccountId, WhyKind};

use crate::document::{Document, UnknownRead};
use crate::words::{self, counted};

/// Places that are named with each operation.
pub(crate) const NAMED: usize = 4;

/// One operation and reason, in all places.
#[derive(Default)]
pub(crate) struct Gathered<'a> {
    pub(crate) message: &'a str,
    pub(crate) places: Vec<String>,
    pub(crate) calls: u64,
    pub(crate) findings: usize,
    pub(crate) lines: usize,
    pub(crate) lists: BTreeSet<&'a str>,
}

/// Unknown reads by operation and reason; what most verdicts hang on comes first.
pub(crate) fn gathered<'a>(document: &'a Document<'_>) -> Vec<((&'a str, WhyKind, &'a str), Gathered<'a>)> {
    let mut all: BTreeMap<(&str, WhyKind, &str), Gathered<'_>> = BTreeMap::new();
    for read in &document.unknown_reads {
        let entry = all.entry((read.operation, read.kind, read.code)).or_default();
        if entry.message.is_empty() {
            entry.message = read.message;
        }
        entry.places.push(place(document, read));
        entry.calls = entry.calls.saturating_add(read.count);
        entry.findings += read.findings;
        entry.lines += read.lines;
        entry.lists.extend(&read.lists);
    }
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_key(|(_, entry)| std::cmp::Reverse((entry.findings, entry.lists.len(), entry.lines)));
    all
}

fn place(document: &Document<'_>, read: &UnknownRead<'_>) -> String {
    let account = read.account.map(|id| words::account(document, &AccountId::from(id)).to_owned());
    let parts: Vec<String> = account.into_iter().chain(read.region.map(str::to_owned)).collect();
    if parts.is_empty() { "everywhere".to_owned() } else { parts.join(" ") }
}

/// What hangs on it, in words.
pub(crate) fn hanging(entry: &Gathered<'_>) -> String {
    let mut parts = Vec::new();
    if entry.calls > 0 {
        parts.push(counted(usize::try_from(entry.calls).unwrap_or(usize::MAX), "call"));
    }
    if entry.findings > 0 {
        let verb = if entry.findings == 1 { "hangs" } else { "hang" };
        parts.push(format!("{} {verb} on it", counted(entry.findings, "verdict")));
    }
    if !entry.lists.is_empty() {
        let kinds: Vec<&str> = entry.lists.iter().copied().collect();
        parts.push(format!("not all listed: {}", kinds.join(", ")));
    }
    if entry.lines > 0 {
        let (noun, verb) = if entry.lines == 1 { ("holder", "hangs") } else { ("holders", "hang") };
        parts.push(format!("{} {noun} {verb} on it", words::thousands(entry.lines)));
    }
    parts.join("; ")
}

/// What was not read at all, one sentence for each account and reason.
pub(crate) fn regions_left_out(document: &Document<'_>) -> Vec<String> {
    let mut by_reason: BTreeMap<(Option<&str>, String), Vec<&str>> = BTreeMap::new();
    for region in &document.evidence.regions_not_scanned {
        by_reason.entry((region.account, words::why(&region.why))).or_default().push(region.region);
    }
    let sentence = |((account, why), regions): ((Option<&str>, String), Vec<&str>)| {
        let of = account.map(|account| format!(" of {account}")).unwrap_or_default();
        match (account, regions.as_slice()) {
            (Some(account), ["all"]) => format!("account {account} was not read: {why}"),
            (_, ["all others"]) => format!("the other regions{of} were not read: {why}"),
            (_, [region]) => format!("region {region}{of} was not read: {why}"),
            (_, regions) => {
                let more = regions.len().saturating_sub(NAMED);
                let named = regions.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("regions {named}{more}{of} were not read: {why}")
            }
        }
    };
    by_reason.into_iter().map(sentence).collect()
}
