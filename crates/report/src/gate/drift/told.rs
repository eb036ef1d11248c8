//! A comparison of code and cloud for a terminal and for a review.

use std::io::{self, Write};

use super::super::GatePlace;
use super::{DriftKind, DriftOrphan, DriftState, DriftVerdict, GateDrift, OrphanReason};
use crate::markdown::inline::{code, sentence};
use crate::shown::shown;
use crate::text::page::{Look, Page, looking, plain, quiet, strong};
use crate::words::{counted, thousands, time};

/// So many entries of a list are told in a review.
const TOP: usize = 20;
/// So many resources of a kind are named.
const NAMED: usize = 5;

/// The states that are told one by one; what fails in both is told among the failures.
const TOLD: [(DriftState, Look, &str); 3] = [
    (DriftState::Reverted, Look::Bad, "Fixed by hand in the cloud, and this code takes it back"),
    (DriftState::Pending, Look::Good, "Fixed in code, not in the cloud yet"),
    (DriftState::Unknown, Look::Warn, "Fails on one side, and the other does not say"),
];

pub(in super::super) fn text(drift: &GateDrift<'_>, page: &mut Page<'_>) -> io::Result<()> {
    for (state, look, heading) in TOLD {
        let verdicts: Vec<&DriftVerdict<'_>> = drift.of(state).collect();
        if verdicts.is_empty() {
            continue;
        }
        page.line(&[strong(heading)])?;
        for verdict in verdicts.iter().take(page.top()) {
            let severity = looking(look, verdict.severity.word());
            let title = plain(format!("  {}  ", shown(verdict.title)));
            page.hanging(2, 4, &[severity, title, quiet(verdict.check)])?;
            page.wrapped(4, &[quiet(shown(&pair(verdict)).to_string())])?;
            if !verdict.because.is_empty() {
                page.wrapped(4, &[plain(shown(&verdict.because.join("; ")).to_string())])?;
            }
        }
        rest(verdicts.len(), page)?;
        page.blank()?;
    }
    if !drift.not_in_code.is_empty() {
        page.line(&[strong("Not in this code")])?;
        for kind in drift.not_in_code.iter().take(page.top()) {
            page.hanging(2, 4, &[plain(shown(&stray(kind)).to_string())])?;
        }
        rest(drift.not_in_code.len(), page)?;
        page.blank()?;
    }
    for (reason, what) in reasons(drift) {
        let (first, more) = firsts(&what);
        let told = format!("{}: {first}{more}", apart(reason, what.len()));
        page.hanging(0, 2, &[quiet("not compared: "), plain(shown(&told).to_string())])?;
    }
    page.wrapped(0, &[plain(foot(drift))])
}

fn rest(all: usize, page: &mut Page<'_>) -> io::Result<()> {
    match all.saturating_sub(page.top()) {
        0 => Ok(()),
        more => page.wrapped(2, &[quiet(format!("and {} more; the JSON form has all", thousands(more)))]),
    }
}

pub(in super::super) fn markdown(drift: &GateDrift<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### Against the cloud\n\n{}", sentence(&foot(drift)))?;
    for (state, _, heading) in TOLD {
        let verdicts: Vec<&DriftVerdict<'_>> = drift.of(state).collect();
        if verdicts.is_empty() {
            continue;
        }
        writeln!(out, "\n**{heading}**\n")?;
        for verdict in verdicts.iter().take(TOP) {
            let because = match verdict.because.is_empty() {
                true => String::new(),
                false => format!(": {}", sentence(&verdict.because.join("; "))),
            };
            writeln!(
                out,
                "- {} {} ({}) {} {} {}{because}",
                verdict.severity.word(),
                sentence(verdict.title),
                code(verdict.check),
                code(&place(&verdict.place)),
                code(&verdict.address),
                code(&verdict.asset),
            )?;
        }
        super::super::review::more(verdicts.len(), "more verdict", out)?;
    }
    if !drift.not_in_code.is_empty() {
        writeln!(out, "\n**Not in this code**\n")?;
        for kind in drift.not_in_code.iter().take(TOP) {
            writeln!(out, "- {}", sentence(&stray(kind)))?;
        }
        super::super::review::more(drift.not_in_code.len(), "more kind", out)?;
    }
    for (reason, what) in reasons(drift) {
        let (first, more) = firsts(&what);
        writeln!(
            out,
            "\nNot compared: {}",
            sentence(&format!("{}: {first}{more}", apart(reason, what.len())))
        )?;
    }
    Ok(())
}

/// `main.tf:3 aws_s3_bucket.site ↔ arn:aws:s3:::site`
fn pair(verdict: &DriftVerdict<'_>) -> String {
    let accepted = if verdict.accepted { " (accepted)" } else { "" };
    format!("{}  {} ↔ {}{accepted}", place(&verdict.place), verdict.address, verdict.asset)
}

fn place(place: &GatePlace) -> String {
    format!("{}:{}", place.file, place.line)
}

/// `12 × AWS::S3::Bucket, 3 with failures: a (critical), b (high)`
fn stray(kind: &DriftKind) -> String {
    let failing = kind.resources.iter().filter_map(|stray| Some((stray, stray.worst?)));
    let named: Vec<String> = failing
        .take(NAMED)
        .map(|(stray, worst)| format!("{} ({})", stray.asset.name, worst.word()))
        .collect();
    let more = match kind.failing.saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {} more", thousands(more)),
    };
    let failing = match kind.failing {
        0 => "none with failures".to_owned(),
        failing => format!("{} with failures: {}{more}", thousands(failing), named.join(", ")),
    };
    let may_be = match kind.not_joined {
        0 => String::new(),
        count => format!("; {} without a resource may be among them", counted(count, "declaration")),
    };
    format!("{} × {}, {failing}{may_be}", thousands(kind.count), kind.kind)
}

fn reasons<'d>(drift: &'d GateDrift<'_>) -> Vec<(OrphanReason, Vec<&'d DriftOrphan>)> {
    let all = [OrphanReason::Ambiguous, OrphanReason::Unseen, OrphanReason::Unnamed, OrphanReason::New];
    let of = |reason| drift.not_joined.iter().filter(|orphan| orphan.reason == reason).collect();
    all.into_iter()
        .map(|reason| (reason, of(reason)))
        .filter(|(_, what): &(_, Vec<&DriftOrphan>)| !what.is_empty())
        .collect()
}

fn apart(reason: OrphanReason, count: usize) -> String {
    let what = counted(count, "declaration");
    match reason {
        OrphanReason::Ambiguous => format!("{what} that more than one resource fits"),
        OrphanReason::Unseen => {
            format!("{what} whose resource was not seen, of kinds that were not listed whole")
        }
        OrphanReason::Unnamed => format!("{what} without a name of its own in the code"),
        OrphanReason::New => format!("{what} of what is not in the cloud"),
    }
}

fn firsts(orphans: &[&DriftOrphan]) -> (String, String) {
    let named: Vec<&str> = orphans.iter().take(NAMED).map(|orphan| &*orphan.address).collect();
    let more = match orphans.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {} more", thousands(more)),
    };
    (named.join(", "), more)
}

fn foot(drift: &GateDrift<'_>) -> String {
    let counts = &drift.counts;
    let complete = if drift.cloud.complete { "" } else { " (collected in part)" };
    format!(
        "against the cloud of {}{complete}: {} in both; {} taken back, {} not in the cloud yet, {} in both, {} pass in both, \
         {} not known on one side; {} not joined, {} not in this code",
        time(drift.cloud.collected_to),
        counted(counts.joined, "resource"),
        counted(counts.reverted, "repair"),
        counted(counts.pending, "repair"),
        counted(counts.both, "failure"),
        thousands(counts.pass),
        thousands(counts.unknown),
        counted(counts.not_joined, "declaration"),
        counted(counts.not_in_code, "resource"),
    )
}
