//! `partywall gate`: what is about to be deployed, judged by the checks of what runs.

mod allow;
mod baseline;
mod judging;
mod lines;
mod places;
mod running;
mod telling;

use jiff::Timestamp;
use partywall_iac::terraform::Input;
use partywall_iac::{Mapped, Tree, cloudformation, compose, dockerfile, kubernetes, terraform, workflows};
use partywall_model::{Problem, Severity};
use partywall_report::gate::{self, Gate, GateForm, GateNote};
use partywall_secrets::Scanner;

use crate::args::{Common, GateArgs, GateFormat};
use crate::exit::{Exit, Failure, Precedence};
use crate::filter::Filter;
use crate::{knowledge, moment, screen};

use baseline::Baseline;
use judging::Judging;
use running::Running;
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

    let tree = Tree::new(&args.paths);
    let mapped = Mapped::new(&content);
    let inputs = inputs(args)?;
    let judging = Judging::new(&content, &settings, &filter, now);
    let scanner = Scanner::new(&content.secrets).map_err(|error| Failure::Usage(error.to_string()))?;
    let telling = Telling::new(&tree, &scanner, &settings, now);
    let mut running = Running::new(&mapped, &judging, telling);
    for each in [terraform::each, cloudformation::each] {
        let read = each(&tree, &inputs, &mapped, &mut |configuration| running.configuration(&configuration));
        running.read(read.files, read.troubles);
    }
    for declared in [kubernetes::declared, dockerfile::declared, compose::declared, workflows::declared] {
        running.manifests(declared(&tree));
    }
    let Running { telling, facts, counts, mut problems, .. } = running;
    let (mut findings, waivers) = telling.finish(&content);
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
    Ok(Exit::of(gate.has_failure(threshold), gate.is_incomplete(), precedence))
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
