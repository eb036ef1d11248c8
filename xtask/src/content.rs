//! The tasks about `content/`: is it right, and would its examples notice if it were not?

pub(crate) mod check;
mod expression;
pub(crate) mod frameworks;
mod mutants;
pub(crate) mod mutate;

use partywall_content::ExampleVerdict;
use partywall_content::load::{self, Content, Files, Loaded};

use crate::failure::{Failure, Outcome};
use crate::repository::Repository;

/// The repository's own content with everything that is wrong with it.
pub(crate) fn load(repository: &Repository) -> Outcome<(Files, Loaded)> {
    let folder = repository.path("content");
    let files = Files::read(&folder).map_err(|error| Failure::new(error.to_string()))?;
    let loaded = load::load(&files, Content::default());
    Ok((files, loaded))
}

/// The repository's own content, which must be without problems.
pub(crate) fn load_sound(repository: &Repository) -> Outcome<Loaded> {
    let (files, loaded) = load(repository)?;
    if loaded.problems.is_empty() {
        return Ok(loaded);
    }
    check::print_problems(&files, &loaded.problems);
    Err(Failure::new(format!("content/ has {} problems", loaded.problems.len())))
}

/// The word that stands in the file for what an example promises.
pub(crate) fn word(verdict: ExampleVerdict) -> &'static str {
    match verdict {
        ExampleVerdict::Pass => "pass",
        ExampleVerdict::Fail => "fail",
        ExampleVerdict::Unknown => "unknown",
        ExampleVerdict::NotApplicable => "not-applicable",
    }
}
