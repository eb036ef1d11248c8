//! A gate as a review comment.

use std::io::{self, Write};

use super::{Gate, GateFinding, GateState, moved};
use crate::markdown::inline::{code, sentence};
use crate::words::{counted, thousands};

/// So many failures are told; a comment is read, not searched.
const TOP: usize = 20;

pub(super) fn write(gate: &Gate<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = &gate.counts;
    let verdict = match (counts.fail, counts.unknown) {
        (0, 0) => "nothing found".to_owned(),
        (0, unknown) => format!("nothing found, {} could not be decided", counted(unknown, "decision")),
        (fail, _) => counted(fail, "open failure"),
    };
    writeln!(out, "## Partywall gate: {verdict}\n")?;
    writeln!(
        out,
        "{} in {}: {} fail, {} undecided, {} accepted, {} known to the baseline, {} pass.",
        counted(gate.read.resources, "resource"),
        counted(gate.read.files, "file"),
        thousands(counts.fail),
        thousands(counts.unknown),
        thousands(counts.waived),
        thousands(counts.known),
        thousands(counts.pass),
    )?;
    if counts.fail > 0 {
        writeln!(out, "\n| Severity | What | Where | Fix |\n| --- | --- | --- | --- |")?;
    }
    for finding in gate.of(GateState::Fail).take(TOP) {
        row(finding, out)?;
    }
    more(counts.fail, "more failure", out)?;
    if let Some(said) = &gate.responsibility {
        moved::markdown(said, TOP, out)?;
    }
    if counts.unknown > 0 {
        writeln!(out, "\n### Could not be decided\n")?;
    }
    for finding in gate.of(GateState::Unknown).take(TOP) {
        writeln!(
            out,
            "- {} {}: {}",
            code(finding.check),
            code(&finding.told_place()),
            sentence(&finding.because.join("; "))
        )?;
    }
    more(counts.unknown, "more decision", out)?;
    for note in gate.waivers.iter().chain(&gate.problems).take(TOP) {
        writeln!(out, "\n{}: {}", code(&note.subject), sentence(&note.message))?;
    }
    more(gate.waivers.len() + gate.problems.len(), "more note", out)
}

fn row(finding: &GateFinding<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| {} | {} ({}): {} | {} {} | {} |",
        finding.severity.word(),
        sentence(finding.title),
        code(finding.check),
        sentence(&finding.told()),
        code(&finding.told_place()),
        code(&finding.asset.address),
        sentence(finding.fix),
    )
}

fn more(all: usize, noun: &str, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(TOP) {
        0 => Ok(()),
        more => writeln!(out, "\nand {}", counted(more, noun)),
    }
}
