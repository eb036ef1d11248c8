//! The wire form `partywall-secrets/1`; `docs/reference/secrets.schema.json` describes it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use partywall_model::Severity;
use partywall_report::shown::is_unseen;
use partywall_secrets::{Acceptance, AllowedBy, IgnoreFiles, Leak, Place, Revisions};
use serde::Serialize;

use super::{Answer, Source};

/// The name of the form, with its major version.
const FORMAT: &str = "partywall-secrets/1";
/// The second number grows when something is added.
const VERSION: &str = "1.1";

pub(super) fn write(answer: &Answer<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_safely(&document(answer), out)
}

/// Writes JSON in which characters that steer a terminal or a reader are escapes: paths are names that strangers chose.
pub(super) fn write_safely(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    let mut safe = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        if letter != '\n' && is_unseen(letter) {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(letter);
        }
    }
    safe.push('\n');
    out.write_all(safe.as_bytes())
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: &'static str,
    tool: Tool,
    searched: Searched<'a>,
    judged_on: String,
    incomplete: Incomplete,
    read: Read,
    summary: Summary,
    secrets: Vec<Secret<'a>>,
    remarks: Vec<Note<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
    rules: usize,
}

#[derive(Serialize)]
struct Searched<'a> {
    what: &'static str,
    paths: Vec<String>,
    range: Option<&'a str>,
    ignore_files_respected: Option<bool>,
}

#[derive(Serialize)]
struct Incomplete {
    is: bool,
    reasons: Vec<String>,
}

#[derive(Serialize)]
struct Read {
    files: u64,
    bytes: u64,
    skipped: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct Summary {
    open: BTreeMap<&'static str, usize>,
    accepted: usize,
    places: usize,
}

#[derive(Serialize)]
struct Secret<'a> {
    rule: &'a str,
    title: &'a str,
    state: &'static str,
    severity: Severity,
    confidence: partywall_model::Confidence,
    control: &'a str,
    stage: partywall_model::KillChainStage,
    preview: &'a str,
    note: Option<&'a str>,
    fingerprint: String,
    why: &'a str,
    fix: &'a str,
    places: Vec<Placed<'a>>,
}

#[derive(Serialize)]
struct Placed<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    span: [u64; 2],
    commit: Option<CommitOf<'a>>,
    acceptance: Option<Accepted<'a>>,
}

#[derive(Serialize)]
struct CommitOf<'a> {
    id: Option<&'a str>,
    day: Option<&'a str>,
    object: &'a str,
}

#[derive(Serialize)]
struct Accepted<'a> {
    by: &'static str,
    reason: &'a str,
    owner: &'a str,
    until: String,
    holds: bool,
}

#[derive(Serialize)]
struct Note<'a> {
    subject: &'a str,
    message: &'a str,
}

fn document<'a>(answer: &Answer<'a>) -> Document<'a> {
    let outcome = answer.outcome;
    let (range, ignore) = match answer.source {
        Source::History(Revisions::Range(range)) | Source::Changed(range) => (Some(range.as_str()), None),
        Source::Files(ignore) => (None, Some(*ignore == IgnoreFiles::Respected)),
        Source::History(Revisions::All) | Source::Staged => (None, None),
    };
    Document {
        format: FORMAT,
        version: VERSION,
        tool: Tool {
            name: "partywall",
            version: env!("CARGO_PKG_VERSION"),
            rules: answer.content.secrets.rules.len(),
        },
        searched: Searched {
            what: answer.source.word(),
            paths: answer.paths.iter().map(|path| path.display().to_string()).collect(),
            range,
            ignore_files_respected: ignore,
        },
        judged_on: answer.today.to_string(),
        incomplete: Incomplete {
            is: !outcome.problems.is_empty(),
            reasons: outcome.problems.iter().map(ToString::to_string).collect(),
        },
        read: Read {
            files: outcome.tally.files,
            bytes: outcome.tally.bytes,
            skipped: outcome.tally.skipped.iter().map(|(why, count)| (why.word(), *count)).collect(),
        },
        summary: Summary {
            open: Severity::ALL.iter().map(|severity| (severity.word(), answer.open(*severity))).collect(),
            accepted: answer.accepted(),
            places: outcome.leaks.iter().map(|leak| leak.places.len()).sum(),
        },
        secrets: answer.listed().map(|leak| secret(answer, leak)).collect(),
        remarks: outcome
            .remarks
            .iter()
            .map(|remark| Note { subject: &remark.subject, message: &remark.message })
            .collect(),
    }
}

fn secret<'a>(answer: &Answer<'a>, leak: &'a Leak) -> Secret<'a> {
    let rule = answer.rule(leak);
    Secret {
        rule: &leak.rule,
        title: &leak.title,
        state: if leak.is_open(answer.today) { "open" } else { "accepted" },
        severity: leak.severity,
        confidence: leak.confidence,
        control: leak.control.as_str(),
        stage: leak.stage,
        preview: &leak.preview,
        note: leak.note.as_deref(),
        fingerprint: leak.fingerprint.to_string(),
        why: rule.map_or("", |rule| &rule.why),
        fix: rule.map_or("", |rule| &rule.fix),
        places: leak.places.iter().map(|place| placed(answer, place)).collect(),
    }
}

fn placed<'a>(answer: &Answer<'a>, place: &'a Place) -> Placed<'a> {
    let accepted = |said: &'a Acceptance| Accepted {
        by: match said.by {
            AllowedBy::Comment => "comment",
            AllowedBy::Settings => "settings",
        },
        reason: &said.reason,
        owner: &said.owner,
        until: said.until.to_string(),
        holds: said.holds(answer.today),
    };
    Placed {
        path: &place.path,
        line: place.line,
        column: place.column,
        span: [place.span.start, place.span.end],
        commit: place.commit.as_ref().map(|commit| CommitOf {
            id: commit.id.as_deref(),
            day: commit.day.as_deref(),
            object: &commit.object,
        }),
        acceptance: place.acceptance.as_ref().map(accepted),
    }
}
