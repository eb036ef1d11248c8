//! One run of the gate: each configuration is judged as soon as it is read, and then let go.

use partywall_iac::{Declaration, Trouble};
use partywall_model::Problem;
use partywall_report::gate::{GateCounts, GateNote, GateRead};

use super::drift::Comparing;
use super::judging::Judging;
use super::note;
use super::reading::Made;
use super::telling::Telling;

/// What a run gathers.
pub(super) struct Running<'r, 'a> {
    judging: &'r Judging<'a>,
    pub(super) telling: Telling<'a>,
    /// Where a cloud is at hand.
    pub(super) comparing: Option<Comparing<'r>>,
    pub(super) facts: GateRead,
    pub(super) counts: GateCounts,
    pub(super) problems: Vec<GateNote>,
}

impl<'r, 'a> Running<'r, 'a> {
    pub(super) fn new(
        judging: &'r Judging<'a>,
        telling: Telling<'a>,
        comparing: Option<Comparing<'r>>,
    ) -> Self {
        let (facts, counts, problems) = (GateRead::default(), GateCounts::default(), Vec::new());
        Self { judging, telling, comparing, facts, counts, problems }
    }

    /// What was gone through.
    pub(super) fn read(&mut self, files: usize, troubles: &[Trouble]) {
        self.facts.files += files;
        self.problems.extend(troubles.iter().map(|trouble| note(&Problem::from(trouble.clone()))));
    }

    /// Judges what a configuration makes.
    pub(super) fn made(&mut self, made: Made) {
        self.facts.configurations += 1;
        self.facts.resources += made.resources;
        for (name, count) in made.unmapped {
            *self.facts.unmapped.entry(name).or_default() += count;
        }
        let declared = &made.declared.assets;
        let Self { judging, telling, comparing, .. } = self;
        if let Some(comparing) = comparing {
            comparing.configuration(declared, &mut |declaration| telling.header(declaration));
        }
        let judged = judging.configuration(declared, |at, finding, check| {
            if let (Some(comparing), Some(declaration)) = (comparing.as_mut(), declared.get(at)) {
                let header = &mut |declaration: &Declaration| telling.header(declaration);
                comparing.see(at, finding, declaration, check, header);
            }
        });
        self.counts.pass += judged.pass;
        self.counts.not_applicable += judged.not_applicable;
        self.counts.beyond += judged.beyond;
        self.problems.extend(made.declared.problems.iter().chain(&judged.problems).map(note));
        for (finding, declaration, check) in judged.told {
            self.telling.tell(&finding, declaration, check);
        }
    }
}
