//! `cargo xtask content mutate`: would a check's examples notice a wrong expression?
//!
//! Each mutant of `applies_when` and `fails_when` is run over the check's examples. It is *noticed* when an
//! example no longer gets the verdict that it gets now, or cannot be judged at all. A mutant that does not
//! compile is left out: the compiler would have refused it.

use std::collections::BTreeSet;

use partywall_checks::examples;
use partywall_content::load::Loaded;
use partywall_content::{Check, Example, Lifecycle, check_language};
use partywall_expr::Program;

use super::mutants::{self, Mutant};
use crate::failure::{Failure, Outcome};
use crate::repository::Repository;

/// The share of mutants that must be noticed, in percent.
const REQUIRED: usize = 90;

pub(crate) fn run(repository: &Repository, options: &[&str]) -> Outcome {
    let only = match options {
        [] => None,
        ["--check", id] => Some(*id),
        _ => return Err(Failure::new("write `cargo xtask content mutate [--check ID]`")),
    };
    let loaded = super::load_sound(repository)?;
    let mut total = Tally::default();
    for (id, file) in &loaded.examples {
        let Some(check) = loaded.content.check(id.as_str()) else { continue };
        if only.is_some_and(|only| only != id.as_str()) {
            continue;
        }
        let file: Vec<&Example> = file.iter().map(|example| &example.value).collect();
        let tally = mutate(check, &file, &loaded.content.lifecycle)?;
        if tally.noticed < tally.tried {
            println!("{id}: {} of {} noticed (content/{})", tally.noticed, tally.tried, check.file);
            tally.survivors.iter().for_each(|survivor| println!("    {survivor}"));
        }
        total.add(tally);
    }
    if let Some(only) = only
        && !knows(&loaded, only)
    {
        return Err(Failure::new(format!("there is no check `{only}`")));
    }
    println!(
        "mutants: {} noticed of {} ({:.1} %); {} more did not compile",
        total.noticed,
        total.tried,
        total.percent(),
        total.refused,
    );
    if total.noticed * 100 < total.tried * REQUIRED {
        return Err(Failure::new(format!(
            "fewer than {REQUIRED} % of the mutants were noticed: give the checks above an example that tells them apart"
        )));
    }
    Ok(())
}

fn knows(loaded: &Loaded, id: &str) -> bool {
    loaded.examples.iter().any(|(known, _)| known.as_str() == id)
}

#[derive(Debug, Default)]
struct Tally {
    noticed: usize,
    tried: usize,
    refused: usize,
    survivors: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.noticed += other.noticed;
        self.tried += other.tried;
        self.refused += other.refused;
    }

    /// The share that was noticed; all of nothing is all.
    fn percent(&self) -> f64 {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        if self.tried == 0 { 100.0 } else { 100.0 * count(self.noticed) / count(self.tried) }
    }
}

/// The places of a check where an expression stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    AppliesWhen,
    FailsWhen,
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Self::AppliesWhen => "applies_when",
            Self::FailsWhen => "fails_when",
        }
    }

    fn program(self, check: &Check) -> Option<&Program> {
        match self {
            Self::AppliesWhen => check.applies_when.as_ref(),
            Self::FailsWhen => Some(&check.fails_when),
        }
    }

    fn put(self, check: &mut Check, program: Program) {
        match self {
            Self::AppliesWhen => check.applies_when = Some(program),
            Self::FailsWhen => check.fails_when = program,
        }
    }
}

/// What a check's examples would not notice.
#[cfg(test)]
pub(crate) fn survivors(
    check: &Check,
    examples: &[partywall_content::yaml::Located<Example>],
    lifecycle: &Lifecycle,
) -> Outcome<Vec<String>> {
    let examples: Vec<&Example> = examples.iter().map(|example| &example.value).collect();
    mutate(check, &examples, lifecycle).map(|tally| tally.survivors)
}

fn mutate(check: &Check, examples: &[&Example], lifecycle: &Lifecycle) -> Outcome<Tally> {
    let language = check_language();
    let before: Vec<&str> = examples.iter().map(|example| outcome(check, example, lifecycle)).collect();
    let mut tally = Tally::default();
    let mut seen = BTreeSet::new();
    for place in [Place::AppliesWhen, Place::FailsWhen] {
        let Some(program) = place.program(check) else { continue };
        let mutants = mutants::of(program.source()).ok_or_else(|| {
            let place = place.word();
            Failure::new(format!("content/{}: the reader of `{place}` does not understand it", check.file))
        })?;
        for Mutant { change, source } in mutants {
            if source == program.source() || !seen.insert((place.word(), source.clone())) {
                continue;
            }
            let Ok(changed) = Program::compile(&source, &language) else {
                tally.refused += 1;
                continue;
            };
            let mut mutant = check.clone();
            place.put(&mut mutant, changed);
            tally.tried += 1;
            let noticed = examples
                .iter()
                .zip(&before)
                .any(|(example, was)| outcome(&mutant, example, lifecycle) != *was);
            if noticed {
                tally.noticed += 1;
            } else {
                tally.survivors.push(format!("{}: {change}", place.word()));
            }
        }
    }
    Ok(tally)
}

/// The verdict's word, or that there was none.
fn outcome(check: &Check, example: &Example, lifecycle: &Lifecycle) -> &'static str {
    examples::run(check, example, lifecycle).map_or("error", |verdict| verdict.word())
}
