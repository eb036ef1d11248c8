//! `cargo xtask bench`: what a build and an assessment cost, against the budgets of the design.
//!
//! A budget is a row of figures: what was measured, and what it may be at most. Nothing here is a test: the
//! figures depend on the machine, and are quoted with it.

mod assess;
mod build;
mod gate;
mod organisation;
mod posture;
mod scale;

pub(crate) use assess::{Profile, credentials, finished, program, run as assess};
pub(crate) use build::run as build;
pub(crate) use gate::run as gate;
pub(crate) use organisation::run as organisation;
pub(crate) use posture::run as posture;
pub(crate) use scale::run as scale;

use crate::failure::{Failure, Outcome};

/// A measured figure and its limit.
#[derive(Clone, Debug)]
struct Figure {
    what: &'static str,
    measured: f64,
    limit: Option<f64>,
    unit: &'static str,
}

/// Prints figures and fails where one is over its limit.
fn report(figures: &[Figure]) -> Outcome {
    let mut over = Vec::new();
    for Figure { what, measured, limit, unit } in figures {
        let against = match limit {
            Some(limit) if measured > limit => {
                over.push(*what);
                format!("over the budget of {limit}")
            }
            Some(limit) => format!("within the budget of {limit}"),
            None => "no budget".to_owned(),
        };
        println!("{what:<28} {measured:>9.1} {unit:<12} {against}");
    }
    if over.is_empty() { Ok(()) } else { Err(Failure::new(format!("over budget: {}", over.join(", ")))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_figure_over_its_limit_fails_the_budget() {
        let figure = |measured, limit| Figure { what: "crates", measured, limit, unit: "" };
        assert!(report(&[figure(400.0, Some(400.0)), figure(9e9, None)]).is_ok());
        assert!(report(&[figure(1.0, Some(400.0)), figure(401.0, Some(400.0))]).is_err());
    }
}
