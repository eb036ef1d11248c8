//! Runs checks over assets.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_content::Check;
use partywall_expr::{Outcome, Program, Scope, Trace, Truth};
use partywall_model::{Asset, Estate, Finding, Kind, Location, Problem, Verdict};

use crate::context::Context;
use crate::effects::AssetHost;
use crate::fingerprint::fingerprint;

/// So many values are named in a finding; more would not be read.
const EVIDENCE_LIMIT: usize = 12;
/// So many places are kept: each bad element of a list has one.
const LOCATION_LIMIT: usize = 64;

/// What the checks say of an estate.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// One finding for each asset and each check of its kind, in the order of the assets; none on what only others
    /// saw.
    pub findings: Vec<Finding>,
    /// Checks that could not be run on an asset: a mistake of ours or of the check's author.
    pub problems: Vec<Problem>,
}

/// Runs every check over every asset of its kinds that we saw. `progress` is called with the number of assets done.
pub fn judge(
    context: &Context<'_>,
    estate: &Estate,
    checks: &[Check],
    progress: &mut dyn FnMut(usize),
) -> Judgement {
    let mut by_kind: HashMap<&Kind, Vec<&Check>> = HashMap::new();
    for check in checks {
        for kind in &check.kinds {
            by_kind.entry(kind).or_default().push(check);
        }
    }
    let mut judgement = Judgement::default();
    for (done, asset) in estate.own_assets().enumerate() {
        for check in by_kind.get(&asset.kind).into_iter().flatten() {
            match judge_asset(context, asset, check) {
                Ok(finding) => judgement.findings.push(finding),
                Err(problem) => {
                    judgement.findings.push(not_run(asset, check, &problem));
                    judgement.problems.push(problem);
                }
            }
        }
        progress(done + 1);
    }
    judgement
}

/// Runs one check over one asset.
///
/// # Errors
/// A mistake of the check's author that only this asset shows; never because something was not seen.
pub fn judge_asset(context: &Context<'_>, asset: &Asset, check: &Check) -> Result<Finding, Problem> {
    let run = Run { context, asset, check };
    if let Some(applies_when) = &check.applies_when {
        let outcome = run.evaluate(applies_when)?;
        match outcome.truth().map_err(|error| run.problem(&error))? {
            Truth::True => {}
            Truth::False => return Ok(run.finding(Verdict::NotApplicable, &Trace::default())),
            Truth::Unknown => {
                return Ok(run.finding(Verdict::Unknown(outcome.trace.reasons.clone()), &outcome.trace));
            }
        }
    }
    let outcome = run.evaluate(&check.fails_when)?;
    let verdict = match outcome.truth().map_err(|error| run.problem(&error))? {
        Truth::True => Verdict::Fail,
        Truth::False => Verdict::Pass,
        Truth::Unknown => Verdict::Unknown(outcome.trace.reasons.clone()),
    };
    Ok(run.finding(verdict, &outcome.trace))
}

struct Run<'a> {
    context: &'a Context<'a>,
    asset: &'a Asset,
    check: &'a Check,
}

impl Run<'_> {
    fn evaluate(&self, program: &Program) -> Result<Outcome, Problem> {
        let scope = Scope::new().with("asset", &self.asset.properties);
        let host = AssetHost::new(self.context, self.asset);
        program.evaluate(&scope, &host).map_err(|error| self.problem(&error))
    }

    fn problem(&self, error: &dyn std::error::Error) -> Problem {
        let subject = format!("check `{}` on `{}`", self.check.id, self.asset.id);
        Problem::new(subject, format!("{error}; the check is counted as unknown here"))
    }

    fn finding(&self, verdict: Verdict, trace: &Trace) -> Finding {
        let Self { asset, check, .. } = self;
        let speaks = matches!(verdict, Verdict::Fail | Verdict::Unknown(_));
        let mut finding = blank(asset, check, verdict);
        if !speaks {
            return finding;
        }
        let reads = trace.read.iter().map(|read| read.to_string().into());
        finding.evidence = trace.notes.iter().cloned().chain(reads).take(EVIDENCE_LIMIT).collect();
        finding.affected = trace.affected.iter().filter(|id| **id != asset.id).cloned().collect();
        finding.affected.sort();
        finding.location = trace
            .read
            .iter()
            .take(LOCATION_LIMIT)
            .map(|read| Location {
                path: (&*read.path).into(),
                source: asset.provenance.of(&read.path).cloned(),
            })
            .collect();
        finding
    }
}

fn blank(asset: &Asset, check: &Check, verdict: Verdict) -> Finding {
    let summary = match &verdict {
        Verdict::Fail => format!("{}: {}", asset.label(), check.title),
        Verdict::Unknown(reasons) => {
            let why = reasons.first().map_or_else(|| "not seen".to_owned(), |why| why.to_string());
            format!("{}: cannot tell whether this holds: {} — {why}", asset.label(), check.title)
        }
        _ => String::new(),
    };
    Finding {
        check: check.id.clone(),
        control: check.control.clone(),
        asset: asset.id.clone(),
        verdict,
        severity: check.severity,
        confidence: check.confidence,
        stage: check.stage,
        summary: summary.into(),
        evidence: Vec::new(),
        affected: Vec::new(),
        location: Vec::new(),
        fingerprint: fingerprint(&check.id, asset),
        third_party: None,
    }
}

/// An error of ours must not look like a pass: the asset stays unseen by this check.
fn not_run(asset: &Asset, check: &Check, problem: &Problem) -> Finding {
    let why = partywall_model::Why::new(partywall_model::WhyKind::Failed, format!("check {}", check.id))
        .with_message(problem.message.clone());
    blank(asset, check, Verdict::Unknown(vec![Arc::new(why)]))
}
