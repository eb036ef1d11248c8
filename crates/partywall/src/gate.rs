//! `partywall gate`: what is about to be deployed, judged by the checks of what runs.

mod allow;
mod baseline;
mod judging;
mod leaks;
mod lines;
mod moving;
mod places;
mod plans;
mod running;
mod telling;

use jiff::Timestamp;
use partywall_iac::terraform::Configuration;
use partywall_iac::terraform::Input;
use partywall_iac::terraform::plan::Plan;
use partywall_iac::{Mapped, Tree, cloudformation, compose, dockerfile, kubernetes, terraform, workflows};
use partywall_model::{Problem, Severity};
use partywall_report::gate::{self, Gate, GateForm, GateNote};
use partywall_secrets::{IgnoreFiles, Scanner, search_folders};

use crate::args::{Common, GateArgs, GateFormat};
use crate::exit::{Exit, Failure, Precedence};
use crate::filter::Filter;
use crate::{knowledge, moment, screen};

use baseline::Baseline;
use judging::Judging;
use running::{Made, Running};
use telling::Telling;

/// Judges the code under the paths.
pub(crate) fn gate(args: &GateArgs, common: &Common) -> Result<Exit, Failure> {
    let built_in = knowledge::content(&common.content)?;
    let settings = knowledge::settings(common.config.as_deref(), &args.paths, &built_in)?;
    let content = knowledge::extended(built_in, &settings)?;
    let filter = Filter::resolve(&args.filters, &content)?;
    let present = Timestamp::now();
    let asked = args.now.as_deref().map(|text| moment::parse(text, present)).transpose();
    let now = asked.map_err(Failure::Usage)?.unwrap_or(present);
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    for path in &args.paths {
        if !path.exists() {
            return Err(Failure::Usage(format!(
                "there is no `{}`; name a folder or file of code",
                path.display()
            )));
        }
    }

    let mut tree = Tree::new(&args.paths);
    let mapped = Mapped::new(&content);
    let inputs = inputs(args)?;
    let mut planned = plans::read(&mut tree, &args.paths, args.source.as_deref(), &mapped)?;
    if args.max_moved.is_some() && planned.plans.is_empty() && planned.troubles.is_empty() {
        let message = "--max-moved needs a plan; name what `terraform show -json PLANFILE` wrote";
        return Err(Failure::Usage(message.to_owned()));
    }
    let made: Vec<Made> = planned.plans.iter().map(|plan| Made::of(&plan.configuration, &mapped)).collect();
    let (responsibility, unclear) =
        moving::responsibility(&planned, &made, &mapped, &content, &settings, now, args.max_moved);
    planned.plans.iter_mut().for_each(Plan::release);

    let judging = Judging::new(&content, &settings, &filter, now);
    let scanner = Scanner::new(&content.secrets).map_err(|error| Failure::Usage(error.to_string()))?;
    let telling = Telling::new(&tree, &planned, &scanner, &settings, now);
    let mut running = Running::new(&judging, telling);
    running.read(planned.plans.len(), &planned.troubles);
    running.problems.extend(unclear.iter().map(note));
    made.into_iter().for_each(|made| running.made(made));
    let mut take = |configuration: Configuration| running.made(Made::of(&configuration, &mapped));
    let read = [
        terraform::each(&tree, &plans::covered(&planned), &inputs, &mapped, &mut take),
        cloudformation::each(&tree, &inputs, &mapped, &mut take),
    ];
    read.iter().for_each(|read| running.read(read.files, &read.troubles));
    for declared in [kubernetes::declared, dockerfile::declared, compose::declared, workflows::declared] {
        running.manifests(declared(&tree));
    }
    let Running { telling, mut facts, counts, mut problems, .. } = running;
    let (mut findings, mut waivers) = telling.finish(&content);
    if !args.no_secrets && filter.leaves_nothing_out() {
        let today = jiff::tz::Offset::UTC.to_datetime(now).date();
        let searched =
            search_folders(&scanner, &args.paths, IgnoreFiles::Respected, &settings.secrets, today)
                .map_err(|error| Failure::Usage(error.to_string()))?;
        facts.searched = Some(searched.tally.files);
        findings.extend(leaks::findings(&searched, &content, today));
        let (unread, remarks) = leaks::notes(&searched);
        problems.extend(unread);
        waivers.extend(remarks);
    }
    if let Some(baseline) = &baseline {
        baseline.mark(&mut findings);
    }
    let listed_from = filter.listed_from();
    findings.retain(|finding| finding.severity >= listed_from);
    problems.sort_by(|a, b| (&a.subject, &a.message).cmp(&(&b.subject, &b.message)));
    problems.dedup();
    let mut gate = Gate {
        format: gate::FORMAT,
        tool_version: env!("CARGO_PKG_VERSION"),
        judged_at: now,
        read: facts,
        counts,
        findings,
        responsibility,
        waivers,
        problems,
    };
    gate.finish(args.new_only);
    let form = match args.format {
        GateFormat::Text => GateForm::Text(screen::style(common.color)),
        GateFormat::Json => GateForm::Json,
        GateFormat::Sarif => GateForm::Sarif,
        GateFormat::Junit => GateForm::Junit,
        GateFormat::Github => GateForm::Github,
        GateFormat::Gitlab => GateForm::Gitlab,
        GateFormat::Markdown => GateForm::Markdown,
    };
    screen::write(args.output.as_deref(), |out| gate::write(&gate, form, out))?;
    let precedence = if args.strict { Precedence::Incompleteness } else { Precedence::Findings };
    let threshold = Severity::from(args.fail_on).max(listed_from);
    let fails = gate.has_failure(threshold) || gate.moves_too_much();
    Ok(Exit::of(fails, gate.is_incomplete(), precedence))
}

/// The values that were passed; what `--var` says counts before a file, as later ones count before earlier ones.
fn inputs(args: &GateArgs) -> Result<Vec<Input>, Failure> {
    let mut inputs: Vec<Input> =
        args.var_file.iter().map(|file| Input::File(file.to_string_lossy().into_owned())).collect();
    for text in &args.var {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Failure::Usage(format!("`--var {text}` names no value; write --var name=value")));
        };
        inputs.push(Input::Variable { name: name.to_owned(), value: value.to_owned() });
    }
    Ok(inputs)
}

/// Whether comments of a file are looked at for acceptances.
fn is_code(path: &str) -> bool {
    const ENDINGS: [&str; 6] = [".tf", ".tf.json", ".yaml", ".yml", ".json", ".template"];
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}

fn note(problem: &Problem) -> GateNote {
    GateNote { subject: problem.subject.clone(), message: problem.message.clone() }
}
