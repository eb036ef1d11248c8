//! One run of the gate: each configuration is judged as soon as it is read, and then let go.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_iac::terraform::Configuration;
use partywall_iac::{Declaration, Declared, Manifests, Mapped, Trouble};
use partywall_model::Problem;
use partywall_report::gate::{GateCounts, GateNote, GateRead};

use super::judging::Judging;
use super::note;
use super::telling::Telling;

/// What a configuration makes.
pub(super) struct Made {
    resources: usize,
    unmapped: BTreeMap<Box<str>, usize>,
    pub(super) declared: Declared,
}

impl Made {
    pub(super) fn of(configuration: &Configuration, mapped: &Mapped<'_>) -> Self {
        let unmapped = mapped.unmapped(&configuration.resources).into_iter();
        Self {
            resources: configuration.resources.len(),
            unmapped: unmapped.map(|(name, count)| (name.into(), count)).collect(),
            declared: mapped.assets(configuration),
        }
    }
}

/// What a run gathers.
pub(super) struct Running<'r, 'a> {
    judging: &'r Judging<'a>,
    pub(super) telling: Telling<'a>,
    pub(super) facts: GateRead,
    pub(super) counts: GateCounts,
    pub(super) problems: Vec<GateNote>,
}

impl<'r, 'a> Running<'r, 'a> {
    pub(super) fn new(judging: &'r Judging<'a>, telling: Telling<'a>) -> Self {
        Self {
            judging,
            telling,
            facts: GateRead::default(),
            counts: GateCounts::default(),
            problems: Vec::new(),
        }
    }

    /// What a reader went through.
    pub(super) fn read(&mut self, files: usize, troubles: &[Trouble]) {
        self.facts.files += files;
        self.problems.extend(troubles.iter().map(|trouble| note(&Problem::from(trouble.clone()))));
    }

    /// Judges what a configuration makes.
    pub(super) fn made(&mut self, made: Made) {
        self.facts.resources += made.resources;
        for (name, count) in made.unmapped {
            *self.facts.unmapped.entry(name).or_default() += count;
        }
        self.problems.extend(made.declared.problems.iter().map(note));
        self.judge(&made.declared.assets);
    }

    /// Judges manifests; those of one folder are deployed together.
    pub(super) fn manifests(&mut self, read: Manifests) {
        self.read(read.files, &read.troubles);
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
