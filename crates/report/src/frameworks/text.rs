//! Frameworks for a terminal.

use std::io::{self, Write};

use partywall_content::{Content, Strength};
use partywall_ssrm::frameworks::Fulfilment;

use super::{FrameworkEntry, RequirementEntry, rows};
use crate::shown::shown;
use crate::text::TextStyle;
use crate::text::page::{Look, Page, left, looking, plain, quiet, strong, width};
use crate::words::counted;

/// Columns of the longest verdict and of a strength.
const VERDICT: usize = 16;
const STRENGTH: usize = 9;

/// Writes what is said of each framework.
pub(crate) fn write(frameworks: &[FrameworkEntry<'_>], page: &mut Page<'_>) -> io::Result<()> {
    frameworks.iter().try_for_each(|framework| one(framework, page))
}

fn one(framework: &FrameworkEntry<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading(&shown(framework.title).to_string(), &shown(framework.version).to_string())?;
    page.hanging(2, 4, &[strong(framework.summary.sentence())])?;
    page.hanging(
        2,
        4,
        &[quiet("verdict · how much of the requirement the checks can show · what it rests on")],
    )?;
    let (beyond, mapped): (Vec<_>, Vec<_>) =
        framework.requirements.iter().partition(|requirement| requirement.is_beyond());
    let id = mapped.iter().map(|requirement| width(requirement.id)).max().unwrap_or(0) + 2;
    for requirement in mapped {
        self::requirement(requirement, id, page)?;
    }
    if !beyond.is_empty() {
        let ids: Vec<&str> = beyond.iter().map(|requirement| requirement.id).collect();
        let told = format!("no evidence for {} more that nothing here looks at: ", beyond.len());
        page.hanging(2, 4, &[plain(told), quiet(shown(&ids.join(", ")).to_string())])?;
    }
    Ok(())
}

fn requirement(requirement: &RequirementEntry<'_>, id: usize, page: &mut Page<'_>) -> io::Result<()> {
    let indent = 2 + id;
    let strength = match requirement.strength {
        Strength::Full => "all of it",
        other => other.word(),
    };
    page.hanging(
        2,
        indent + VERDICT + STRENGTH + 2,
        &[
            strong(left(&shown(requirement.id).to_string(), id)),
            looking(look(requirement.verdict), left(&verdict(requirement.verdict), VERDICT)),
            quiet(left(strength, STRENGTH + 2)),
            plain(shown(&requirement.rests_on()).to_string()),
        ],
    )?;
    if let Some(title) = requirement.title {
        page.hanging(indent, indent + 2, &[plain(shown(title).to_string())])?;
    }
    for line in requirement.text.iter().flat_map(|text| text.lines()) {
        page.hanging(indent + 2, indent + 4, &[quiet(shown(line).to_string())])?;
    }
    if !requirement.controls.is_empty() {
        let share = |control: &super::ControlShare<'_>| format!("{} {}", control.control, control.range());
        let shares: Vec<String> = requirement.controls.iter().map(share).collect();
        page.hanging(indent, indent + 2, &[quiet(shares.join(", "))])?;
    }
    Ok(())
}

/// The sign says without colour what the colour says.
fn verdict(verdict: Fulfilment) -> String {
    let sign = match verdict {
        Fulfilment::Met => "✓",
        Fulfilment::Partly => "◐",
        Fulfilment::NotMet => "✗",
        Fulfilment::Unknown => "?",
        Fulfilment::NoEvidence | Fulfilment::NotApplicable => "–",
        Fulfilment::Inherited => "↑",
    };
    format!("{sign} {}", verdict.word())
}

fn look(verdict: Fulfilment) -> Look {
    match verdict {
        Fulfilment::Met => Look::Good,
        Fulfilment::NotMet => Look::Bad,
        Fulfilment::Unknown => Look::Warn,
        Fulfilment::Partly | Fulfilment::Inherited => Look::Plain,
        Fulfilment::NoEvidence | Fulfilment::NotApplicable => Look::Quiet,
    }
}

/// Writes the list of frameworks for a terminal.
///
/// # Errors
/// What the writer refuses.
pub fn write_list_text(content: &Content, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(content);
    let mut page = Page::new(out, style);
    let widest = rows.iter().map(|row| width(row.id)).max().unwrap_or(0);
    for row in &rows {
        let title = format!("{}, {}", shown(row.title), shown(row.version));
        page.hanging(0, widest + 2, &[strong(left(&shown(row.id).to_string(), widest + 2)), plain(title)])?;
        let figures = format!(
            "{} of {} mapped, {}",
            row.mapped,
            counted(row.requirements, "requirement"),
            counted(row.checks, "check")
        );
        page.hanging(widest + 2, widest + 2, &[quiet(figures)])?;
    }
    page.line(&[quiet(counted(rows.len(), "framework"))])
}
