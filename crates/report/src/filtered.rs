//! What the user left out of an assessment, so that every form can say so.

use partywall_model::ControlId;
use serde::Serialize;

use crate::words::counted;

/// The filters of an assessment and what they kept away.
///
/// A filter never makes a figure better. Checks that did not run are *not seen* in the figures; findings that
/// are not listed were judged and count. Either way this stands in the summary of every form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filtered {
    /// The filters as they were typed: `--service s3`.
    pub asked: Vec<String>,
    /// Checks that ran.
    pub checks_run: usize,
    /// Checks that did not.
    pub checks_left_out: usize,
    /// Verdicts that those would have given; the figures count them as not seen.
    pub verdicts_left_out: usize,
    /// Verdicts that were given and count, but are not listed.
    pub verdicts_not_listed: usize,
    /// Controls that have checks of which none ran: not measured here.
    pub controls_not_looked_at: Vec<ControlId>,
}

impl Filtered {
    /// All of it in a sentence or two.
    pub(crate) fn sentence(&self) -> String {
        let mut parts = Vec::new();
        if self.checks_left_out > 0 {
            let all = counted(self.checks_run + self.checks_left_out, "check");
            let verb = if self.verdicts_left_out == 1 { "counts" } else { "count" };
            parts.push(format!(
                "{} of {all} ran; {} that the others would have given {verb} as not seen",
                self.checks_run,
                counted(self.verdicts_left_out, "verdict"),
            ));
        }
        if !self.controls_not_looked_at.is_empty() {
            let controls = counted(self.controls_not_looked_at.len(), "control");
            let verb = if self.controls_not_looked_at.len() == 1 { "was" } else { "were" };
            parts.push(format!("{controls} {verb} not looked at"));
        }
        if self.verdicts_not_listed > 0 {
            let (noun, verb) =
                if self.verdicts_not_listed == 1 { ("it", "counts") } else { ("they", "count") };
            parts.push(format!(
                "{} not listed, though {noun} {verb} in the figures",
                counted(self.verdicts_not_listed, "verdict")
            ));
        }
        let told = if parts.is_empty() { "nothing was left out".to_owned() } else { parts.join("; ") };
        format!("{}: {told}", self.asked.join(" "))
    }

    /// The filters as they were typed, in one line.
    pub(crate) fn words(&self) -> String {
        self.asked.join(" ")
    }
}
