//! `partywall gate`: what is about to be deployed, judged by the checks of what runs.

mod allow;
mod baseline;
mod difference;
mod drift;
mod judging;
mod leaks;
mod lines;
mod mending;
mod moving;
mod packages;
mod places;
mod plans;
mod reading;
mod running;
mod telling;
mod threshold;
mod touched;

use std::path::PathBuf;

use jiff::Timestamp;
use partywall_iac::terraform::Input;
use partywall_iac::terraform::plan::Plan;
use partywall_iac::{Mapped, Tree, dockerfile};
use partywall_model::Problem;
use partywall_report::gate::{self, Gate, GateFinding, GateForm, GateNote};
use partywall_report::shown::{shown, shown_lines};
use partywall_secrets::{IgnoreFiles, Scanner, search_folders};

use crate::args::{Common, GateArgs, GateFormat};
use crate::exit::{Exit, Failure, Precedence};
use crate::filter::Filter;
use crate::progress::ProgressLine;
use crate::{knowledge, moment, screen};

use baseline::Baseline;
use drift::{Basis, Cloud, Comparing};
use judging::Judging;
use mending::Mode;
use reading::Made;
use running::Running;
use telling::{Telling, Told};
use threshold::Threshold;
use touched::Touched;

/// Judges the code under the paths; where something of it was mended, once more.
pub(crate) fn gate(args: &GateArgs, common: &Common) -> Result<Exit, Failure> {
    match answer(args, common, args.fix)? {
        Answer::Told(exit) => Ok(exit),
        Answer::Mended => match answer(args, common, false)? {
            Answer::Told(exit) => Ok(exit),
            Answer::Mended => Ok(Exit::Incomplete),
        },
    }
}

/// What came of judging.
enum Answer {
    Told(Exit),
    /// Files were changed, and nothing was told yet.
    Mended,
}

fn answer(args: &GateArgs, common: &Common, is_to_fix: bool) -> Result<Answer, Failure> {
    let built_in = knowledge::content(&common.content)?;
    let settings = knowledge::settings(common.config.as_deref(), &folders(args), &built_in)?;
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

    let cloud = if args.cloud.is_empty() { None } else { Some(Cloud::read(&args.cloud)?) };
    let progress = ProgressLine::counting("reading", "files", common.quiet);
    let mut tree = Tree::new(&args.paths).watched(progress.counter());
    let mapped = Mapped::new(&content);
    let inputs = inputs(args)?;
    let mut touched =
        args.changed_since.as_deref().map(|revision| Touched::since(revision, &args.paths)).transpose()?;
    let mut planned = plans::read(&mut tree, &args.paths, args.source.as_deref(), &mapped)?;
    if args.max_moved.is_some() && planned.plans.is_empty() && planned.troubles.is_empty() {
        let message = "--max-moved needs a plan; name what `terraform show -json PLANFILE` wrote";
        return Err(Failure::Usage(message.to_owned()));
    }
    let made = planned.plans.iter().map(|plan| Made::of(&plan.configuration, &mapped, touched.as_ref()));
    let made: Vec<Made> = made.collect();
    let (responsibility, unclear) =
        moving::responsibility(&planned, &made, &mapped, &content, &settings, now, args.max_moved);
    planned.plans.iter_mut().for_each(Plan::release);

    let judging = Judging::new(&content, &settings, &filter, now);
    if let Some(touched) = &mut touched {
        let earlier = touched.earlier(&tree)?;
        reading::all(&earlier, &[], &inputs, &mapped, None, &mut |made: Made| {
            let judged = judging.configuration(&made.declared.assets, |_, _, _| ());
            touched.knows(judged.told.iter().map(|(finding, _, _)| finding));
        });
    }
    let scanner = Scanner::new(&content.secrets).map_err(|error| Failure::Usage(error.to_string()))?;
    let telling = Telling::new(&tree, &planned, &scanner, &settings, now, touched.as_ref());
    let listed_from = filter.listed_from();
    let basis = Basis {
        content: &content,
        settings: &settings,
        judging: &judging,
        mapped: &mapped,
        scanner: &scanner,
        listed_from,
        now,
    };
    let comparing = cloud.as_ref().map(|cloud| Comparing::new(basis, cloud));
    let mut running = Running::new(&judging, telling, comparing);
    running.read(planned.plans.len(), &planned.troubles);
    running.problems.extend(unclear.iter().map(note));
    made.into_iter().for_each(|made| running.made(made));
    let covered = plans::covered(&planned);
    let (files, troubles) =
        reading::all(&tree, &covered, &inputs, &mapped, touched.as_ref(), &mut |made| running.made(made));
    running.read(files, &troubles);
    let packages = packages::of(&tree);
    running.problems.extend(packages.troubles.iter().map(|trouble| note(&Problem::from(trouble.clone()))));
    if let Some(path) = &args.packages {
        packages::write(&packages, path, now)?;
    }
    drop(progress);
    let Running { telling, comparing, mut facts, mut counts, mut problems, .. } = running;
    facts.packages = packages::counted(&packages);
    let Told { mut findings, notes: mut waivers, untouched } = telling.finish(&content);
    counts.untouched = untouched;
    if !args.no_secrets && filter.leaves_nothing_out() {
        let searched = search_folders(
            &scanner,
            &args.paths,
            IgnoreFiles::Respected,
            &settings.secrets,
            telling::today(now),
        )
        .map_err(|error| Failure::Usage(error.to_string()))?;
        facts.searched = Some(searched.tally.files);
        let leaks = leaks::findings(&searched, &content, telling::today(now));
        let (of_change, others): (Vec<_>, Vec<_>) =
            leaks.into_iter().partition(|leak| touched.as_ref().is_none_or(|touched| touched.is_of(leak)));
        findings.extend(of_change);
        counts.untouched += others.len();
        let (unread, remarks) = leaks::notes(&searched);
        problems.extend(unread);
        waivers.extend(remarks);
    }
    if let Some(touched) = &touched {
        for notes in [&mut problems, &mut waivers] {
            let before = notes.len();
            notes.retain(|note| touched.is_about(&note.subject));
            counts.untouched += before - notes.len();
        }
    }
    if let Some(baseline) = &baseline {
        baseline.mark(&mut findings);
    }
    let mut drift = comparing.map(|comparing| {
        let (drift, more) = comparing.finish(&findings);
        problems.extend(more.iter().map(note));
        drift
    });
    findings.retain(|finding| finding.severity >= listed_from);
    if is_to_fix && mend(args, common, &tree, &scanner, &findings)? == Mode::Write {
        return Ok(Answer::Mended);
    }
    let threshold = Threshold::of(args, &settings.gate);
    threshold.mark(&mut findings, drift.as_mut());
    problems.sort_by(|a, b| (&a.subject, &a.message).cmp(&(&b.subject, &b.message)));
    problems.dedup();
    let mut gate = Gate {
        format: gate::FORMAT,
        tool_version: env!("CARGO_PKG_VERSION"),
        judged_at: now,
        since: touched.as_ref().map(Touched::told),
        read: facts,
        counts,
        findings,
        responsibility,
        drift,
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
    // Not every form has a place for it, and a failure needs its reason.
    if let Some(said) = gate.responsibility.as_ref().filter(|_| gate.moves_too_much()) {
        screen::remark(common, format_args!("{}", said.sum()));
    }
    let precedence = if args.strict { Precedence::Incompleteness } else { Precedence::Findings };
    let has_failed = gate.has_failure() || gate.moves_too_much() || threshold.is_past(gate.counts.unknown);
    Ok(Answer::Told(Exit::of(has_failed, gate.is_incomplete(), precedence)))
}

/// Mends what can be, and shows it: beside the answer where that is for a machine.
fn mend(
    args: &GateArgs,
    common: &Common,
    tree: &Tree,
    scanner: &Scanner,
    findings: &[GateFinding<'_>],
) -> Result<Mode, Failure> {
    let mode = if args.dry_run { Mode::Show } else { Mode::Write };
    let mended = mending::mend(tree, scanner, findings, mode)?;
    match args.format {
        _ if mended.patch.is_empty() => {}
        GateFormat::Text if args.output.is_none() => {
            screen::write(None, |out| writeln!(out, "{}", shown_lines(&mended.patch)))?;
        }
        _ => screen::remark(common, format_args!("{}", shown_lines(&mended.patch))),
    }
    for refused in &mended.refused {
        screen::remark(common, format_args!("{}", shown(refused)));
    }
    let (would, mend) =
        if mode == Mode::Show { ("would be ", "changes nothing") } else { ("", "judges the result") };
    let failures = match mended.count {
        1 => "1 failure".to_owned(),
        count => format!("{count} failures"),
    };
    screen::remark(common, format_args!("--fix: {failures} {would}mended; {mend}"));
    Ok(if mended.count > 0 { mode } else { Mode::Show })
}

/// Where settings may lie beside the code and the evidence.
fn folders(args: &GateArgs) -> Vec<PathBuf> {
    args.paths.iter().chain(&args.cloud).cloned().collect()
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
    const ENDINGS: [&str; 4] = [".tf", ".yaml", ".yml", ".template"];
    ENDINGS.iter().any(|ending| path.ends_with(ending)) || dockerfile::is_dockerfile(path)
}

fn note(problem: &Problem) -> GateNote {
    GateNote { subject: problem.subject.clone(), message: problem.message.clone() }
}
