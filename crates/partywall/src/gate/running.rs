//! One run of the gate: each configuration is judged as soon as it is read, and then let go.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_iac::terraform::Configuration;
use partywall_iac::{Declaration, Manifests, Mapped, Trouble};
use partywall_model::Problem;
use partywall_report::gate::{GateCounts, GateNote, GateRead};

use super::judging::Judging;
use super::note;
use super::telling::Telling;

/// What a run gathers.
pub(super) struct Running<'r, 'a> {
    mapped: &'r Mapped<'a>,
    judging: &'r Judging<'a>,
    pub(super) telling: Telling<'a>,
    pub(super) facts: GateRead,
    pub(super) counts: GateCounts,
    pub(super) problems: Vec<GateNote>,
}

impl<'r, 'a> Running<'r, 'a> {
    pub(super) fn new(mapped: &'r Mapped<'a>, judging: &'r Judging<'a>, telling: Telling<'a>) -> Self {
        Self {
            mapped,
            judging,
            telling,
            facts: GateRead::default(),
            counts: GateCounts::default(),
            problems: Vec::new(),
        }
    }

    /// What a reader went through.
    pub(super) fn read(&mut self, files: usize, troubles: Vec<Trouble>) {
        self.facts.files += files;
        self.problems.extend(troubles.into_iter().map(|trouble| note(&Problem::from(trouble))));
    }

    /// Judges a configuration.
    pub(super) fn configuration(&mut self, configuration: &Configuration) {
        self.facts.resources += configuration.resources.len();
        for (name, count) in self.mapped.unmapped(&configuration.resources) {
            *self.facts.unmapped.entry(name.into()).or_default() += count;
        }
        let declared = self.mapped.assets(configuration);
        self.problems.extend(declared.problems.iter().map(note));
        self.judge(&declared.assets);
    }

    /// Judges manifests; those of one folder are deployed together.
    pub(super) fn manifests(&mut self, read: Manifests) {
        self.read(read.files, read.troubles);
        self.facts.resources += read.assets.len();
        let mut folders: BTreeMap<Arc<str>, Vec<Declaration>> = BTreeMap::new();
        for declaration in read.assets {
            folders.entry(declaration.root.clone()).or_default().push(declaration);
        }
        for declared in folders.into_values() {
            self.judge(&declared);
        }
    }

    fn judge(&mut self, declared: &[Declaration]) {
        self.facts.configurations += 1;
        let judged = self.judging.configuration(declared);
        self.counts.pass += judged.pass;
        self.counts.not_applicable += judged.not_applicable;
        self.counts.beyond += judged.beyond;
        self.problems.extend(judged.problems.iter().map(note));
        for (finding, declaration, check) in judged.told {
            self.telling.tell(&finding, declaration, check);
        }
    }
}
