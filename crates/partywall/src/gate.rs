//! `partywall gate`: what is about to be deployed, judged by the checks of what runs.

mod allow;
mod baseline;
mod difference;
mod judging;
mod lines;
mod mending;
mod telling;
mod threshold;
mod touched;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use partywall_iac::terraform::{Input, Resource};
use partywall_iac::{
    Declaration, Mapped, Tree, cloudformation, compose, dockerfile, kubernetes, terraform, workflows,
};
use partywall_model::Problem;
use partywall_report::gate::{self, Gate, GateCounts, GateFinding, GateForm, GateNote, GateRead};
use partywall_report::shown::{shown, shown_lines};
use partywall_secrets::Scanner;

use crate::args::{Common, GateArgs, GateFormat};
use crate::exit::{Exit, Failure, Precedence};
use crate::filter::Filter;
use crate::progress::ProgressLine;
use crate::{knowledge, moment, screen};

use baseline::Baseline;
use judging::Judging;
use mending::Mode;
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

    let progress = ProgressLine::counting("reading", "files", common.quiet);
    let tree = Tree::new(&args.paths).watched(progress.counter());
    let mapped = Mapped::new(&content);
    let inputs = inputs(args)?;
    let mut touched =
        args.changed_since.as_deref().map(|revision| Touched::since(revision, &args.paths)).transpose()?;
    let Code { mut problems, facts, configurations } = code(&tree, &inputs, &mapped, touched.as_ref());
    let judging = Judging::new(&content, &settings, &filter, now);
    if let Some(touched) = &mut touched {
        let earlier = code(&touched.earlier(&tree)?, &inputs, &mapped, None);
        for declared in &earlier.configurations {
            touched.knows(judging.configuration(declared).told.iter().map(|(finding, _, _)| finding));
        }
    }
    drop(progress);
    let progress = ProgressLine::new("judging", common.quiet);
    progress.expect(configurations.len());
    let mut counts = GateCounts::default();
    let scanner = Scanner::new(&content.secrets).map_err(|error| Failure::Usage(error.to_string()))?;
    let mut telling = Telling::new(&tree, &scanner, &settings, now, touched.as_ref());
    for (at, declared) in configurations.into_iter().enumerate() {
        progress.done(at);
        let judged = judging.configuration(&declared);
        counts.pass += judged.pass;
        counts.not_applicable += judged.not_applicable;
        counts.beyond += judged.beyond;
        problems.extend(judged.problems.iter().map(note));
        for (finding, declaration, check) in judged.told {
            telling.tell(&finding, declaration, check);
        }
    }
    drop(progress);
    let Told { mut findings, notes: mut waivers, untouched } = telling.finish(&content);
    counts.untouched = untouched;
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
    let listed_from = filter.listed_from();
    findings.retain(|finding| finding.severity >= listed_from);
    if is_to_fix && mend(args, common, &tree, &scanner, &findings)? == Mode::Write {
        return Ok(Answer::Mended);
    }
    let threshold = Threshold::of(args, &settings.gate);
    threshold.mark(&mut findings);
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
    let has_failed = gate.has_failure() || threshold.is_past(gate.counts.unknown);
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
    screen::remark(common, format_args!("--fix: {} failures {would}mended; {mend}", mended.count));
    Ok(if mended.count > 0 { mode } else { Mode::Show })
}

/// What was read of a tree, ready to be judged.
struct Code {
    problems: Vec<GateNote>,
    facts: GateRead,
    configurations: Vec<Vec<Declaration>>,
}

/// Reads everything in a tree. Of types that nothing knows, only those in touched files are told.
fn code(tree: &Tree, inputs: &[Input], mapped: &Mapped<'_>, touched: Option<&Touched>) -> Code {
    let read = [
        terraform::configurations(tree, inputs, mapped),
        cloudformation::configurations(tree, inputs, mapped),
    ];
    let troubles = read.iter().flat_map(|read| &read.troubles);
    let mut problems: Vec<GateNote> = troubles.map(|trouble| note(&Problem::from(trouble.clone()))).collect();
    let manifests = [
        kubernetes::declared(tree),
        dockerfile::declared(tree),
        compose::declared(tree),
        workflows::declared(tree),
    ];
    problems.extend(
        manifests.iter().flat_map(|read| &read.troubles).map(|trouble| note(&Problem::from(trouble.clone()))),
    );
    let mut facts = GateRead {
        files: read.iter().map(|read| read.files).sum::<usize>()
            + manifests.iter().map(|read| read.files).sum::<usize>(),
        ..GateRead::default()
    };
    let mut configurations: Vec<Vec<Declaration>> = Vec::new();
    for configuration in read.iter().flat_map(|read| &read.configurations) {
        facts.resources += configuration.resources.len();
        let told: Vec<Resource> = match touched {
            Some(touched) => {
                let all = configuration.resources.iter();
                all.filter(|resource| touched.has(&resource.place.file)).cloned().collect()
            }
            None => Vec::new(),
        };
        let told = if touched.is_some() { &told } else { &configuration.resources };
        for (name, count) in mapped.unmapped(told) {
            *facts.unmapped.entry(name.into()).or_default() += count;
        }
        let declared = mapped.assets(configuration);
        problems.extend(declared.problems.iter().map(note));
        configurations.push(declared.assets);
    }
    // Manifests of one folder are deployed together.
    for read in manifests {
        facts.resources += read.assets.len();
        let mut folders: BTreeMap<Arc<str>, Vec<Declaration>> = BTreeMap::new();
        for declaration in read.assets {
            folders.entry(declaration.root.clone()).or_default().push(declaration);
        }
        configurations.extend(folders.into_values());
    }
    facts.configurations = configurations.len();
    Code { problems, facts, configurations }
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
