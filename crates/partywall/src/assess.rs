//! `partywall assess`: evidence is judged, scored and reported.

use jiff::Timestamp;
use partywall_checks::Context;
use partywall_content::{Content, Settings};
use partywall_model::{AccountId, Asset, ControlId, Environment, Problem, Severity};
use partywall_report::{Assessment, Document, Header, asff, csv, html, json, markdown, ocsf, sarif, text};
use partywall_ssrm::fixes::first_fixes;
use partywall_ssrm::frameworks::Frameworks;
use partywall_ssrm::score::{Exposure, State};
use partywall_ssrm::status::{self, Assurance, Status, WaiverUse};
use partywall_ssrm::switches::switches;
use partywall_store::history::{Recorded, SqliteStore};

use crate::args::{AssessArgs, Common, Format, TextOrJson};
use crate::exit::{Exit, Failure, Precedence};
use crate::filter::{Filter, Filtering};
use crate::frameworks::{self, AskedFrameworks};
use crate::gather::{Gathered, folders, gather, names_live};
use crate::history::{self, Past};
use crate::live::Live;
use crate::progress::ProgressLine;
use crate::{knowledge, moment, screen};

/// Assesses what the arguments name.
pub(crate) fn assess(args: &AssessArgs, common: &Common) -> Result<Exit, Failure> {
    let built_in = knowledge::content(&common.content)?;
    let settings = knowledge::settings(common.config.as_deref(), &folders(&args.sources), &built_in)?;
    let content = knowledge::extended(built_in, &settings)?;
    let filter = Filter::resolve(&args.filters, &content)?;
    if args.framework.iter().any(|id| id == frameworks::LIST) {
        return frameworks::list(&content, TextOrJson::Text, common);
    }
    let asked_frameworks = AskedFrameworks::resolve(args, &content)?;
    // Everything that can be refused is tried before an account is asked.
    let present = Timestamp::now();
    let asked =
        args.now.as_deref().map(|text| moment::parse(text, present)).transpose().map_err(Failure::Usage)?;
    let mut store = history::open(args, common, settings.store.as_deref())?;

    let live = Live { content: &content, store: store.as_ref(), quiet: common.quiet };
    if args.aws.estimate && names_live(args)? {
        live.estimate(args)?;
        return Ok(Exit::Fine);
    }
    let gathered = gather(args, &live)?;
    let basis = Basis {
        content: &content,
        settings: &settings,
        filter: &filter,
        frameworks: asked_frameworks.as_ref(),
        now: asked.unwrap_or(gathered.header.collected_to),
        quiet: common.quiet,
    };
    let precedence = if args.strict { Precedence::Incompleteness } else { Precedence::Findings };
    assess_evidence(&basis, gathered, store.as_mut(), |judged| {
        write(&judged.document, args, common)?;
        // What is not listed does not decide how the program ends.
        Ok(judged.exit(Severity::from(args.fail_on).max(filter.listed_from()), precedence))
    })
}

/// What evidence is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// Checks, controls and lines.
    pub content: &'a Content,
    /// What the user says.
    pub settings: &'a Settings,
    /// Which checks run, and which findings are listed.
    pub filter: &'a Filter,
    /// What is said of frameworks too.
    pub frameworks: Option<&'a AskedFrameworks>,
    /// The time of judgement.
    pub now: Timestamp,
    /// No progress on standard error.
    pub quiet: bool,
}

/// An assessment, borrowed from what it was made of.
pub struct Judged<'a> {
    /// What is reported.
    pub document: Document<'a>,
    /// Lines, controls and the score.
    pub status: &'a Status,
}

impl Judged<'_> {
    /// How the program ends after it.
    pub fn exit(&self, threshold: Severity, precedence: Precedence) -> Exit {
        Exit::of(has_open_failure(self.status, threshold), self.document.is_incomplete(), precedence)
    }
}

/// Judges and scores evidence, hands the result to `answer`, and then tells the history of the run.
///
/// # Errors
/// What `answer` refuses, and a history that cannot be read or written.
pub fn assess_evidence<A>(
    basis: &Basis<'_>,
    gathered: Gathered,
    store: Option<&mut SqliteStore>,
    answer: impl FnOnce(&Judged<'_>) -> Result<A, Failure>,
) -> Result<A, Failure> {
    let Basis { content, settings, filter, frameworks, now, quiet } = *basis;
    let Gathered { builder, mut header, identity, problems: collected, imported } = gathered;
    name_accounts(&mut header, settings);
    let estate = builder.finish(|listing| history::last_known(store.as_deref(), listing));

    let context = Context::new(&estate, settings, &content.lifecycle, now);
    let progress = ProgressLine::new("judging", quiet);
    progress.expect(estate.assets().len());
    let filtering = filter.judge(&context, &estate, content, imported, &mut |done| progress.done(done));
    drop(progress);
    let Filtering { judgement, listed, filtered } = filtering;

    let controls: Vec<ControlId> = content.control_ids();
    let accounts: Vec<AccountId> = estate.accounts().into_iter().cloned().collect();
    let past = Past::of(store.as_deref(), &judgement.findings, &controls, &accounts, now)?;
    let exposure = |asset: &Asset| match context.is_exposed(asset) {
        Ok(true) => Exposure::Internet,
        Ok(false) => Exposure::Internal,
        Err(_) => Exposure::Unseen,
    };
    let assurances = Assurance::all(content, settings);
    let judged = status::Assessment {
        content,
        settings,
        estate: &estate,
        findings: &judgement.findings,
        exposure: &exposure,
        history: &past,
        assurances: &assurances,
        now,
    };
    let mut status = Status::of(&judged);
    // Of a waiver whose check did not run nobody can say whether it is of use.
    status.waivers.retain(|used| {
        let check = &used.waiver.check;
        filter.runs(content.check(check.as_str()).map_or(check, |check| &check.id))
    });
    let switches = switches(estate.assets().iter().zip(&status.lines));
    let mut fixes = first_fixes(&judged, &status);
    fixes.retain(|fix| fix.severity >= filter.listed_from());
    let idle = status.waivers.iter().filter_map(WaiverUse::problem);
    let problems: Vec<Problem> = collected.into_iter().chain(judgement.problems).chain(idle).collect();
    let assessment = Assessment {
        header: &header,
        judged: status::Assessment {
            findings: judgement.findings.get(..listed).unwrap_or_default(),
            ..judged
        },
        status: &status,
        switches: &switches,
        fixes: &fixes,
        problems: &problems,
    };
    let statuses = frameworks.map(|asked| asked.statuses(&Frameworks::new(&judged, &status), content));
    let statuses = statuses.unwrap_or_default();
    let entries = frameworks.map(|asked| asked.entries(&statuses)).unwrap_or_default();
    let document = Document::filtered(&assessment, filtered.as_ref()).with_frameworks(&entries);
    // A run that left something out is no measure for those before and after it.
    let Some(store) = store.filter(|_| filter.is_everything()) else {
        return answer(&Judged { document, status: &status });
    };
    let run = history::run(&identity, !document.is_incomplete(), now, &estate, &status);
    let trend = history::trend(store, &run, &judgement.findings)?;
    let document = document.with_trend(Some(&trend));
    let answered = answer(&Judged { document, status: &status })?;
    let recorded = history::record(store, &run, &judgement.findings, settings.retention)?;
    if recorded == Recorded::Already && !quiet {
        eprintln!("this evidence is in the history already; what stands there of it stays as it is");
    }
    Ok(answered)
}

/// Accounts get the names and purposes that the settings give them.
fn name_accounts(header: &mut Header, settings: &Settings) {
    for account in &mut header.accounts {
        if let Some(said) = settings.accounts.get(&account.id) {
            account.environment = said.environment.clone();
            account.name = said.name.as_deref().map(Into::into).or(account.name.take());
        } else {
            account.environment = Environment::Unlabelled;
        }
    }
}

/// Whether a failure at or above a severity stands, on the customer's side and not accepted for a time.
fn has_open_failure(status: &Status, threshold: Severity) -> bool {
    status.controls.iter().flat_map(|control| &control.input.assets).flat_map(|asset| &asset.measures).any(
        |measure| {
            measure.state == State::Fail && measure.severity >= threshold && !measure.waiver.is_present()
        },
    )
}

fn write(document: &Document<'_>, args: &AssessArgs, common: &Common) -> Result<(), Failure> {
    if let Some(folder) = &args.html_dir {
        let refuse = |cause| Failure::Write { path: folder.clone(), cause };
        html::write_folder(document, folder).map_err(refuse)?;
    }
    let file = args.output.as_deref();
    let form = match args.format {
        Format::Text => {
            let style = match file {
                Some(_) => text::TextStyle::default(),
                None => screen::style(common.color),
            };
            screen::write(file, |out| text::write(document, style, out))?;
            if !args.no_html {
                screen::write(Some(&args.html), |out| html::write(document, out))?;
                screen::remark(common, format_args!("\nthe whole report: {}", args.html.display()));
            }
            return Ok(());
        }
        Format::Json => json::write,
        Format::Html => html::write,
        Format::Markdown => markdown::write,
        Format::Csv => csv::write,
        Format::Sarif => sarif::write,
        Format::Ocsf => ocsf::write,
        Format::Asff => asff::write,
    };
    screen::write(file, |out| form(document, out))
}

/// Content for questions that need no evidence.
pub(crate) fn content_for(
    common: &Common,
    evidence: &[std::path::PathBuf],
) -> Result<(Content, Settings), Failure> {
    let built_in = knowledge::content(&common.content)?;
    let settings = knowledge::settings(common.config.as_deref(), evidence, &built_in)?;
    let content = knowledge::extended(built_in, &settings)?;
    Ok((content, settings))
}
