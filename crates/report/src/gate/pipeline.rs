//! The forms of pipelines: JUnit, workflow commands of GitHub Actions, GitLab's code quality.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use partywall_model::Severity;
use serde::Serialize;

use super::{Gate, GateFinding, GateState};
use crate::json;

/// One suite for each file, one case for each failure or open decision; what is waived or known is skipped.
pub(super) fn junit(gate: &Gate<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut files: BTreeMap<&str, Vec<&GateFinding<'_>>> = BTreeMap::new();
    for finding in &gate.findings {
        files.entry(finding.place.as_ref().map_or("", |place| &place.file)).or_default().push(finding);
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"partywall gate\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        gate.findings.len(),
        gate.counts.fail,
        gate.problems.len()
    )?;
    for (file, findings) in files {
        let count = |wanted: GateState| findings.iter().filter(|finding| finding.state == wanted).count();
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
            xml(file),
            findings.len(),
            count(GateState::Fail),
            findings.len() - count(GateState::Fail),
        )?;
        for finding in findings {
            case(finding, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    if !gate.problems.is_empty() {
        writeln!(out, "  <testsuite name=\"problems\" tests=\"{0}\" errors=\"{0}\">", gate.problems.len())?;
        for problem in &gate.problems {
            let (name, told) = (xml(&problem.subject), xml(&problem.message));
            writeln!(out, "    <testcase name=\"{name}\"><error message=\"{told}\"/></testcase>")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn case(finding: &GateFinding<'_>, out: &mut dyn Write) -> io::Result<()> {
    let told = xml(&format!("{}: {}", finding.told_place(), finding.told()));
    let name = xml(&format!("{} {}", finding.check, finding.asset.address));
    write!(out, "    <testcase classname=\"{}\" name=\"{name}\">", xml(finding.control))?;
    match finding.state {
        GateState::Fail => {
            let (kind, fix) = (finding.severity.word(), xml(finding.fix));
            write!(
                out,
                "<failure type=\"{kind}\" message=\"{}\">{told}\n{fix}</failure>",
                xml(finding.title)
            )?;
        }
        GateState::Unknown => write!(out, "<skipped message=\"{told}\"/>")?,
        GateState::Known => write!(out, "<skipped message=\"known to the baseline\"/>")?,
        GateState::Waived => {
            write!(out, "<skipped message=\"{}\"/>", xml(finding.waiver.as_deref().unwrap_or_default()))?;
        }
    }
    writeln!(out, "</testcase>")
}

/// Text of an element or attribute; characters that XML 1.0 does not allow become U+FFFD.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' | '\r' => {
                let _ = write!(escaped, "&#{};", character as u32);
            }
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character if character < ' ' => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

/// One command for each open failure and each problem; open decisions are notices.
pub(super) fn github(gate: &Gate<'_>, out: &mut dyn Write) -> io::Result<()> {
    for state in [GateState::Fail, GateState::Unknown] {
        for finding in gate.of(state) {
            let level = match (state, finding.severity) {
                (GateState::Unknown, _) | (_, Severity::Low | Severity::Info) => "notice",
                (_, Severity::Medium) => "warning",
                _ => "error",
            };
            let place = finding.place.as_ref().map_or_else(String::new, |place| {
                format!(
                    "file={},line={},col={},endLine={},",
                    property(&place.file),
                    place.line,
                    place.column,
                    place.end_line
                )
            });
            let title = property(&format!("{} ({})", finding.title, finding.check));
            let told = format!("{}: {}\n{}", finding.asset.address, finding.told(), finding.fix);
            writeln!(out, "::{level} {place}title={title}::{}", data(&told))?;
        }
    }
    for problem in &gate.problems {
        let told = format!("{}: {}", problem.subject, problem.message);
        writeln!(out, "::warning title=partywall::{}", data(&told))?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[derive(Serialize)]
struct Quality<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// Open failures; GitLab's form has no word for what could not be decided, so such an entry says so.
pub(super) fn gitlab(gate: &Gate<'_>, out: &mut dyn Write) -> io::Result<()> {
    let open = gate.of(GateState::Fail).chain(gate.of(GateState::Unknown));
    let all: Vec<Quality<'_>> = open
        .map(|finding| Quality {
            description: format!("{}: {}", finding.title, finding.told()),
            check_name: finding.check,
            fingerprint: &finding.fingerprint,
            severity: match (finding.state, finding.severity) {
                (GateState::Unknown, _) | (_, Severity::Info) => "info",
                (_, Severity::Low) => "minor",
                (_, Severity::Medium) => "major",
                (_, Severity::High) => "critical",
                (_, Severity::Critical) => "blocker",
            },
            location: Location {
                path: finding.place.as_ref().map_or("", |place| &place.file),
                lines: finding.place.as_ref().map_or(Lines { begin: 1, end: 1 }, |place| Lines {
                    begin: place.line,
                    end: place.end_line,
                }),
            },
        })
        .collect();
    json::write_value(&all, out)
}
