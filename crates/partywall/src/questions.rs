//! The short questions: who holds what, which checks there are, what the collectors need.

use jiff::Timestamp;
use partywall_aws::collector::{policy, policy_of_organization};
use partywall_content::{Check, Content};
use partywall_model::{Asset, Estate, Kind};
use partywall_report::{checks, who};
use partywall_ssrm::Resolver;

use crate::args::{ChecksArgs, ChecksVerb, Common, PolicyArgs, TextOrJson, WhoArgs};
use crate::assess::content_for;
use crate::exit::{Exit, Failure};
use crate::filter::Filter;
use crate::{gather, screen};

/// So many suggestions follow a name that is not found.
pub(crate) const SUGGESTIONS: usize = 5;
/// So many letters wrong are a slip.
const SLIPS: usize = 3;
/// Names that are at least so alike, from 0 to 1, are suggested.
const NEAR: f64 = 0.9;

/// `partywall who`.
pub(crate) fn who(args: &WhoArgs, common: &Common) -> Result<Exit, Failure> {
    let (content, settings) = content_for(common, &args.estate)?;
    if args.estate.is_empty() {
        let kind = Kind::from(args.subject.as_str());
        let answer = who::Who::of_kind(&content, &settings, &kind, Timestamp::now())
            .ok_or_else(|| no_such_kind(&args.subject, &content))?;
        return write_who(&answer, args, common);
    }
    let gathered = gather::read(&args.estate)?;
    let now = gathered.header.collected_to;
    let estate = gathered.builder.finish(|_| None);
    let asset = find_asset(&estate, &args.subject)?;
    let lines = Resolver::new(&content, &settings).lines(asset, now);
    write_who(&who::Who::of_asset(&content, asset, &lines), args, common)
}

fn write_who(answer: &who::Who<'_>, args: &WhoArgs, common: &Common) -> Result<Exit, Failure> {
    screen::write(None, |out| match args.format {
        TextOrJson::Json => who::write_json(answer, out),
        TextOrJson::Text => who::write_text(answer, screen::style(common.color), out),
    })?;
    Ok(Exit::Fine)
}

fn find_asset<'a>(estate: &'a Estate, subject: &str) -> Result<&'a Asset, Failure> {
    if let Some(asset) = estate.asset(subject) {
        return Ok(asset);
    }
    let is_named = |asset: &&Asset| {
        asset.identifier.as_deref() == Some(subject) || asset.name.as_deref() == Some(subject)
    };
    let named: Vec<&Asset> = estate.assets().iter().filter(is_named).collect();
    match named.as_slice() {
        [asset] => Ok(asset),
        [] => Err(Failure::Usage(format!(
            "no asset of the evidence has the id or name `{subject}`; \
             `partywall assess DIR --format json | jq -r '.assets[].id'` lists them all"
        ))),
        several => {
            let ids: Vec<&str> = several.iter().take(SUGGESTIONS).map(|asset| asset.id.as_str()).collect();
            let message = format!(
                "{} assets are called `{subject}`; name one by its id: {}",
                several.len(),
                ids.join(", ")
            );
            Err(Failure::Usage(message))
        }
    }
}

fn no_such_kind(subject: &str, content: &Content) -> Failure {
    let wanted = subject.to_lowercase();
    let last = wanted.rsplit([':', '/']).next().unwrap_or(&wanted);
    let likeness = |kind: &str| {
        let kind = kind.to_lowercase();
        if kind.contains(last) { 1.0 } else { strsim::jaro_winkler(&kind, &wanted) }
    };
    let kinds = content.services.iter().flat_map(|service| service.kinds.keys()).map(Kind::as_str);
    let mut near: Vec<(f64, &str)> =
        kinds.map(|kind| (likeness(kind), kind)).filter(|(likeness, _)| *likeness > NEAR).collect();
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let near: Vec<&str> = near.into_iter().take(SUGGESTIONS).map(|(_, kind)| kind).collect();
    let hint = match near.as_slice() {
        [] => "`partywall checks list` shows the kinds that checks know".to_owned(),
        near => format!("did you mean {}?", near.join(", ")),
    };
    Failure::Usage(format!(
        "no service file knows the kind `{subject}`; {hint} (for an asset, name its folder: `--in DIR`)"
    ))
}

/// `partywall checks`.
pub(crate) fn checks(args: &ChecksArgs, common: &Common) -> Result<Exit, Failure> {
    let (content, _) = content_for(common, &[])?;
    match &args.verb {
        ChecksVerb::List { format, filters } => {
            let filter = Filter::resolve(filters, &content)?;
            let is_wanted = |check: &&Check| filter.runs(&check.id) && check.severity >= filter.listed_from();
            let chosen: Vec<&Check> = content.checks.iter().filter(is_wanted).collect();
            if chosen.is_empty() {
                let message = "no check is like that; `partywall checks list` without filters shows all";
                return Err(Failure::Usage(message.to_owned()));
            }
            screen::write(None, |out| match format {
                TextOrJson::Json => checks::write_list_json(chosen, out),
                TextOrJson::Text => checks::write_list_text(chosen, screen::style(common.color), out),
            })?;
        }
        ChecksVerb::Explain { id, format } => {
            let check = content.check(id).ok_or_else(|| no_such_check(id, &content))?;
            screen::write(None, |out| match format {
                TextOrJson::Json => checks::write_json(check, out),
                TextOrJson::Text => checks::write_text(check, screen::style(common.color), out),
            })?;
        }
    }
    Ok(Exit::Fine)
}

/// An id that no check has, and what may have been meant.
pub(crate) fn no_such_check(id: &str, content: &Content) -> Failure {
    let shared = |check: &Check| {
        let words = |text: &str| text.split('-').map(str::to_owned).collect::<Vec<_>>();
        let known = words(check.id.as_str());
        words(id).iter().filter(|word| known.contains(word)).count()
    };
    // A slip of the pen is near in letters; who knows half of a name shares words with it.
    let mut near: Vec<(usize, usize, &str)> = content
        .checks
        .iter()
        .map(|check| (strsim::levenshtein(id, check.id.as_str()), shared(check), check.id.as_str()))
        .filter(|(distance, shared, _)| *distance <= SLIPS || *shared > 0)
        .collect();
    near.sort_by_key(|(distance, shared, id)| {
        (if *distance <= SLIPS { *distance } else { SLIPS + 1 }, std::cmp::Reverse(*shared), *id)
    });
    let near: Vec<&str> = near.into_iter().take(SUGGESTIONS).map(|(_, _, id)| id).collect();
    let hint = match near.as_slice() {
        [] => "`partywall checks list` shows all".to_owned(),
        near => format!("did you mean {}?", near.join(", ")),
    };
    Failure::Usage(format!("there is no check `{id}`; {hint}"))
}

/// `partywall aws policy`.
pub(crate) fn aws_policy(args: &PolicyArgs, common: &Common) -> Result<Exit, Failure> {
    let (content, _) = content_for(common, &[])?;
    let policy = match args.organization {
        false => policy(&content.collectors),
        true => policy_of_organization(&content.collectors, "aws", &args.role_name),
    };
    screen::write(None, |out| {
        serde_json::to_writer_pretty(&mut *out, &policy)?;
        out.write_all(b"\n")
    })?;
    Ok(Exit::Fine)
}
