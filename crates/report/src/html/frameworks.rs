//! Frameworks in the page.

use crate::frameworks::FrameworkEntry;

/// A framework as the page shows it.
pub(super) struct FrameworkView<'a> {
    pub(super) title: &'a str,
    pub(super) version: &'a str,
    pub(super) summary: String,
    pub(super) requirements: Vec<RequirementView<'a>>,
    /// Ids at which nothing here looks.
    pub(super) beyond: Vec<&'a str>,
}

/// A requirement as the page shows it.
pub(super) struct RequirementView<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) verdict: &'static str,
    pub(super) strength: &'static str,
    pub(super) rests_on: String,
    /// Each control with its range.
    pub(super) controls: Vec<(&'a str, String)>,
}

impl<'a> FrameworkView<'a> {
    pub(super) fn of(framework: &'a FrameworkEntry<'a>) -> Self {
        let mapped = framework.requirements.iter().filter(|requirement| !requirement.is_beyond());
        let beyond = framework.requirements.iter().filter(|requirement| requirement.is_beyond());
        Self {
            title: framework.title,
            version: framework.version,
            summary: framework.summary.sentence(),
            requirements: mapped
                .map(|requirement| RequirementView {
                    id: requirement.id,
                    title: requirement.title.unwrap_or_default(),
                    text: requirement.text.unwrap_or_default(),
                    verdict: requirement.verdict.word(),
                    strength: requirement.strength.word(),
                    rests_on: requirement.rests_on(),
                    controls: requirement
                        .controls
                        .iter()
                        .map(|share| (share.control, share.range()))
                        .collect(),
                })
                .collect(),
            beyond: beyond.map(|requirement| requirement.id).collect(),
        }
    }
}
