//! `partywall assess`: evidence is judged, scored and reported.

use std::path::Path;

use jiff::Timestamp;
use partywall_checks::{Context, judge};
use partywall_content::{Content, Settings};
use partywall_model::{AccountId, Asset, ControlId, Environment, Problem, Severity};
use partywall_report::{Assessment, Document, Header, html, json, text};
use partywall_ssrm::fixes::first_fixes;
use partywall_ssrm::score::{Exposure, State};
use partywall_ssrm::status::{self, Status};
use partywall_ssrm::switches::switches;
use partywall_store::history::SqliteStore;

use crate::args::{AssessArgs, Common, Format};
use crate::exit::{Exit, Failure, Precedence};
use crate::gather::{Gathered, folders, gather};
use crate::history::{self, Past};
use crate::progress::ProgressLine;
use crate::{knowledge, moment, screen};

/// Assesses what the arguments name.
pub(crate) fn assess(args: &AssessArgs, common: &Common) -> Result<Exit, Failure> {
    let built_in = knowledge::content(&common.content)?;
    let settings = knowledge::settings(common.config.as_deref(), &folders(&args.sources), &built_in)?;
    let content = knowledge::extended(built_in, &settings)?;
    // Everything that can be refused is tried before an account is asked.
    let present = Timestamp::now();
    let asked =
        args.now.as_deref().map(|text| moment::parse(text, present)).transpose().map_err(Failure::Usage)?;
    let mut store = history::open(args, settings.store.as_deref())?;

    let gathered = gather(args, &content, common.quiet)?;
    let basis = Basis {
        content: &content,
        settings: &settings,
        now: asked.unwrap_or(gathered.header.collected_to),
        quiet: common.quiet,
    };
    let precedence = if args.strict { Precedence::Incompleteness } else { Precedence::Findings };
    assess_evidence(&basis, gathered, store.as_mut(), |judged| {
        write(&judged.document, args, common)?;
        Ok(judged.exit(Severity::from(args.fail_on), precedence))
    })
}

/// What evidence is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// Checks, controls and lines.
    pub content: &'a Content,
    /// What the user says.
    pub settings: &'a Settings,
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
    let Basis { content, settings, now, quiet } = *basis;
    let Gathered { builder, mut header, identity, problems: collected } = gathered;
    name_accounts(&mut header, settings);
    let estate = builder.finish(|listing| history::last_known(store.as_deref(), listing));

    let context = Context::new(&estate, settings, &content.lifecycle, now);
    let progress = ProgressLine::new("judging", quiet);
    progress.expect(estate.assets().len());
    let judgement = judge(&context, &estate, &content.checks, &mut |done| progress.done(done));
    drop(progress);

    let controls: Vec<ControlId> = content.control_ids();
    let accounts: Vec<AccountId> = estate.accounts().into_iter().cloned().collect();
    let past = Past::of(store.as_deref(), &judgement.findings, &controls, &accounts, now)?;
    let exposure = |asset: &Asset| match context.is_exposed(asset) {
        Ok(true) => Exposure::Internet,
        Ok(false) => Exposure::Internal,
        Err(_) => Exposure::Unseen,
    };
    let judged = status::Assessment {
        content,
        settings,
        estate: &estate,
        findings: &judgement.findings,
        exposure: &exposure,
        history: &past,
        assurances: &[],
        now,
    };
    let status = Status::of(&judged);
    let switches = switches(estate.assets().iter().zip(&status.lines));
    let fixes = first_fixes(&judged, &status);
    let problems: Vec<Problem> = collected.into_iter().chain(judgement.problems).collect();
    let document = Document::new(&Assessment {
        header: &header,
        judged,
        status: &status,
        switches: &switches,
        fixes: &fixes,
        problems: &problems,
    });
    let result = Judged { document, status: &status };
    let answered = answer(&result)?;
    if let Some(store) = store {
        let complete = !result.document.is_incomplete();
        history::record(store, &identity, complete, now, &estate, &judgement.findings, &status)?;
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
    let file = args.output.as_deref();
    match args.format {
        Format::Json => screen::write(file, |out| json::write(document, out)),
        Format::Html => screen::write(file, |out| html::write(document, out)),
        Format::Text => {
            let style = match file {
                Some(_) => text::TextStyle::default(),
                None => screen::style(common.color),
            };
            screen::write(file, |out| text::write(document, style, out))?;
            if args.no_html {
                return Ok(());
            }
            screen::write(Some(&args.html), |out| html::write(document, out))?;
            say_where(&args.html);
            Ok(())
        }
    }
}

fn say_where(report: &Path) {
    eprintln!("\nthe whole report: {}", report.display());
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
