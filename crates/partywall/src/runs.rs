//! The recorded runs: how a person names one, and `partywall history`.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::Offset;
use partywall_content::{Retention, Settings};
use partywall_store::history::{RunSummary, SqliteStore, Store};
use serde_json::json;

use crate::args::{Common, HistoryArgs, HistoryVerb, PruneArgs, TextOrJson};
use crate::exit::{Exit, Failure};
use crate::{history, knowledge, moment, screen};

/// The word for the newest run.
pub(crate) const LAST: &str = "last";
/// The beginning of an id must be so long at least.
const SHORTEST: usize = 4;
/// So much of an id is shown.
const SHOWN: usize = 12;

/// The run that a person means: `last`, `last~2`, a date or time, or the beginning of an id. `runs` are all,
/// the newest first; how far back is counted among the runs over the same accounts as the newest.
pub(crate) fn named<'r>(runs: &'r [RunSummary], name: &str) -> Result<&'r RunSummary, Failure> {
    let nothing = |what: String| Failure::Usage(format!("{what}; `partywall history` lists the runs"));
    let newest = runs.first().ok_or_else(|| nothing("no run is recorded yet".to_owned()))?;
    if let Some(back) = steps_back(name) {
        let mut like = runs.iter().filter(|run| run.accounts == newest.accounts);
        return like.nth(back).ok_or_else(|| {
            nothing(format!(
                "there is no run `{name}`: not so many are recorded over the accounts of the last one"
            ))
        });
    }
    let has_id = |run: &&RunSummary| run.id.as_str().starts_with(name);
    let by_id: Vec<&RunSummary> = runs.iter().filter(has_id).collect();
    match by_id.as_slice() {
        [run] if name.len() >= SHORTEST => return Ok(run),
        [_, _, ..] if name.len() >= SHORTEST => {
            return Err(nothing(format!("{} runs begin with `{name}`; write more of the id", by_id.len())));
        }
        _ => {}
    }
    let at = moment::parse(name, newest.taken_at).map_err(|_| {
        nothing(format!(
            "`{name}` is no run: write `last`, `last~1`, a date, at least {SHORTEST} letters of an id, or an evidence folder"
        ))
    })?;
    let then = runs.iter().find(|run| run.taken_at <= at);
    then.ok_or_else(|| nothing(format!("no run is as old as `{name}`")))
}

/// `last` is 0, `last~2` is 2.
fn steps_back(name: &str) -> Option<usize> {
    match name.strip_prefix(LAST)? {
        "" => Some(0),
        rest => rest.strip_prefix('~')?.parse().ok(),
    }
}

/// `partywall history`.
pub(crate) fn history(args: &HistoryArgs, common: &Common) -> Result<Exit, Failure> {
    let content = knowledge::content(&common.content)?;
    let settings = knowledge::settings(common.config.as_deref(), &[], &content)?;
    let mut store = open(args.store.as_deref(), &settings)?;
    match &args.verb {
        None => list(&store, args.format)?,
        Some(HistoryVerb::Prune(prune)) => take_out(&mut store, prune, common)?,
    }
    Ok(Exit::Fine)
}

/// The history that the arguments or the settings name.
pub(crate) fn open(asked: Option<&Path>, settings: &Settings) -> Result<SqliteStore, Failure> {
    history::open_kept(asked, settings.store.as_deref())
}

fn list(store: &dyn Store, format: TextOrJson) -> Result<(), Failure> {
    let runs = store.runs()?;
    match format {
        TextOrJson::Json => {
            let entry = |run: &RunSummary| {
                json!({
                    "run": run.id.as_str(),
                    "at": run.taken_at,
                    "tool_version": run.tool_version,
                    "complete": run.complete,
                    "accounts": run.accounts,
                    "findings": run.findings,
                    "failing": run.failing,
                })
            };
            let all: Vec<serde_json::Value> = runs.iter().map(entry).collect();
            screen::write(None, |out| {
                serde_json::to_writer_pretty(&mut *out, &all)?;
                out.write_all(b"\n")
            })
        }
        TextOrJson::Text => screen::write(None, |out| {
            if runs.is_empty() {
                return writeln!(out, "no run is recorded yet");
            }
            writeln!(
                out,
                "{:<SHOWN$}  {:<16}  {:>8}  {:>8}  {:<10}  accounts",
                "run", "judged (UTC)", "findings", "failing", "evidence"
            )?;
            for run in &runs {
                let id: String = run.id.as_str().chars().take(SHOWN).collect();
                let at = minute(run.taken_at);
                let complete = if run.complete { "complete" } else { "incomplete" };
                let accounts: Vec<&str> = run.accounts.iter().map(|account| account.as_str()).collect();
                let accounts = accounts.join(" ");
                let line = format!(
                    "{id:<SHOWN$}  {at:<16}  {:>8}  {:>8}  {complete:<10}  {accounts}",
                    run.findings, run.failing
                );
                writeln!(out, "{}", partywall_report::shown::shown(line.trim_end()))?;
            }
            Ok(())
        }),
    }
}

fn minute(at: Timestamp) -> String {
    Offset::UTC.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn take_out(store: &mut dyn Store, args: &PruneArgs, common: &Common) -> Result<(), Failure> {
    let keep = history::keep(store, Retention { days: args.keep_days, runs: args.keep_runs })?;
    let pruned = store.prune(&keep)?;
    let left = store.runs()?.len();
    screen::remark(common, format_args!("{} runs were taken out, {left} are left", pruned.runs));
    Ok(())
}

#[cfg(test)]
mod tests {
    use partywall_store::history::RunId;

    use super::*;

    fn run(id: &str, day: &str, account: &str) -> RunSummary {
        RunSummary {
            id: RunId::new(id),
            taken_at: format!("{day}T12:00:00Z").parse().unwrap(),
            tool_version: "0".into(),
            complete: true,
            accounts: vec![account.into()],
            findings: 0,
            failing: 0,
        }
    }

    #[test]
    fn runs_are_named_by_age_date_and_id() {
        let runs = [
            run("beefcafe01", "2026-11-03", "1"),
            run("beefbeef02", "2026-11-02", "2"),
            run("0a1b2c3d", "2026-11-01", "1"),
        ];
        for (name, id) in [
            ("last", "beefcafe01"),
            ("last~1", "0a1b2c3d"),
            ("2026-11-02", "beefbeef02"),
            ("2026-11-02T11:00:00Z", "0a1b2c3d"),
            ("2030-01-01", "beefcafe01"),
            ("0a1b", "0a1b2c3d"),
            ("beefb", "beefbeef02"),
        ] {
            assert_eq!(named(&runs, name).unwrap().id.as_str(), id, "{name}");
        }
        for (name, words) in [
            ("last~2", "not so many"),
            ("2026-10-31", "no run is as old"),
            ("beef", "2 runs begin"),
            ("0a1", "is no run"),
            ("yesterday", "is no run"),
        ] {
            assert!(named(&runs, name).unwrap_err().to_string().contains(words), "{name}");
        }
        assert!(named(&[], "last").unwrap_err().to_string().contains("no run is recorded"));
    }
}
