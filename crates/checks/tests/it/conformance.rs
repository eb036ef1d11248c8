//! Held against others: resource configurations with the verdict that a third party promises of them.
//!
//! What of theirs answers which question of ours, and why we differ where we do, is said in a table beside the
//! corpus' runner, since nothing of a corpus stands in a crate. The table is held, too: a difference that it
//! does not argue, an argument that is no longer needed and an agreement below the measured one all fail.

mod shapes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use partywall_checks::{Context, judge_asset};
use partywall_content::load::{Content, Files, load};
use partywall_content::{Settings, yaml};
use partywall_model::Verdict;
use serde::Deserialize;

use crate::estates::{Value, World};

const CORPORA: &str = "PARTYWALL_CORPORA";
const TABLE: &str = "../../xtask/conformance/resource-verdicts.yaml";
/// When the configurations are judged: 2026-11-01.
const NOW: i64 = 1_793_491_200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// By kind: on how many configurations we agree.
    agreement: BTreeMap<String, usize>,
    /// By policy.
    policies: BTreeMap<String, Counterpart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counterpart {
    /// How a configuration becomes assets of ours.
    #[serde(default)]
    shape: String,
    /// The checks of ours that answer the same question together.
    #[serde(default)]
    checks: Vec<String>,
    /// What the policy was set to and the configuration does not say.
    #[serde(default)]
    given: Vec<String>,
    /// Why none of ours answers it.
    no_counterpart: Option<String>,
    /// By configuration: why we say something else.
    #[serde(default)]
    argued: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "type")]
    family: String,
    rule: String,
    name: String,
    #[serde(rename = "logtypes")]
    kinds: Vec<String>,
    /// Whether the configuration complies.
    expected: bool,
    #[serde(rename = "log")]
    configuration: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Complies,
    Fails,
    Unknown,
}

#[derive(Default)]
struct Tally {
    agree: usize,
    differ: usize,
    unknown: usize,
    not_mapped: usize,
}

#[test]
fn resource_configurations_are_judged_as_others_promise_or_it_is_argued() {
    let Some(folder) = std::env::var_os(CORPORA) else { return };
    let rows = rows(Path::new(&folder));
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE)).unwrap();
    let table: Table = yaml::from_str(&text).unwrap();
    let content = content();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut wrong = String::new();
    let mut argued = BTreeSet::new();
    for row in &rows {
        let tally = tallies.entry(row.kinds.first().map_or("", String::as_str)).or_default();
        let Some(counterpart) = table.policies.get(&row.rule) else {
            writeln!(wrong, "`{}` is not in the table", row.rule).unwrap();
            continue;
        };
        if counterpart.no_counterpart.is_some() {
            tally.not_mapped += 1;
            continue;
        }
        let said = judged(&content, counterpart, &row.configuration);
        let promised = if row.expected { Said::Complies } else { Said::Fails };
        match said {
            Said::Unknown => tally.unknown += 1,
            said if said == promised => tally.agree += 1,
            _ => tally.differ += 1,
        }
        let argument = counterpart.argued.get(&row.name);
        argued.extend(argument.map(|_| (&row.rule, &row.name)));
        match (said == promised, argument) {
            (true, Some(_)) => {
                writeln!(wrong, "`{}`, `{}`: argued, and we agree", row.rule, row.name).unwrap();
            }
            (false, None) => {
                writeln!(wrong, "`{}`, `{}`: {said:?}, not {promised:?}", row.rule, row.name).unwrap();
            }
            _ => {}
        }
    }
    report(&tallies);
    wrong.push_str(&stale(&table, &rows, &argued));
    for (kind, tally) in &tallies {
        let measured = table.agreement.get(*kind).copied().unwrap_or_default();
        if tally.agree != measured {
            writeln!(wrong, "{kind}: we agree on {}, and the table says {measured}", tally.agree).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What of the table is about nothing.
fn stale(table: &Table, rows: &[Row], argued: &BTreeSet<(&String, &String)>) -> String {
    let mut stale = String::new();
    for (policy, counterpart) in &table.policies {
        if !rows.iter().any(|row| row.rule == *policy) {
            writeln!(stale, "`{policy}` is in no row").unwrap();
        }
        for name in counterpart.argued.keys().filter(|name| !argued.contains(&(policy, *name))) {
            writeln!(stale, "`{policy}`, `{name}`: argued, and in no row").unwrap();
        }
    }
    stale
}

/// All checks of a policy over all that a configuration became: one failure is one, and what does not apply is
/// no failure.
fn judged(content: &Content, counterpart: &Counterpart, configuration: &Value) -> Said {
    let mut said = Said::Complies;
    for world in shapes::worlds(&counterpart.shape, configuration, &counterpart.given) {
        let mut ran = false;
        for id in &counterpart.checks {
            let check = content.check(id).unwrap_or_else(|| panic!("there is no check `{id}`"));
            if !check.kinds.contains(&world.assets[0].kind) {
                continue;
            }
            ran = true;
            match verdict(content, check, &world) {
                Verdict::Fail => return Said::Fails,
                Verdict::Unknown(_) => said = Said::Unknown,
                _ => {}
            }
        }
        assert!(ran, "no check of {:?} is about {}", counterpart.checks, world.assets[0].kind);
    }
    said
}

fn verdict(content: &Content, check: &partywall_content::Check, world: &World) -> Verdict {
    let estate = world.estate();
    let settings = Settings::default();
    let now = jiff::Timestamp::from_second(NOW).unwrap();
    let context = Context::new(&estate, &settings, &content.lifecycle, now);
    let subject = estate.asset(world.assets[0].id.as_str()).unwrap();
    judge_asset(&context, subject, check).unwrap().verdict
}

fn content() -> Content {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    load(&Files::read(&folder).unwrap(), Content::default()).content
}

/// Past the capture of output, which hides what a test that passes prints.
fn report(tallies: &BTreeMap<&str, Tally>) {
    let mut text = format!("{:34} agree  differ  unknown  not mapped\n", "resource configurations");
    let mut all = Tally::default();
    for (kind, tally) in tallies {
        line(&mut text, kind, tally);
        all.agree += tally.agree;
        all.differ += tally.differ;
        all.unknown += tally.unknown;
        all.not_mapped += tally.not_mapped;
    }
    line(&mut text, "all", &all);
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

fn line(text: &mut String, kind: &str, tally: &Tally) {
    let Tally { agree, differ, unknown, not_mapped } = tally;
    writeln!(text, "{kind:34} {agree:5}  {differ:6}  {unknown:7}  {not_mapped:10}").unwrap();
}

/// The rows about configurations, of whichever file has such.
fn rows(folder: &Path) -> Vec<Row> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let rows: Vec<Row> = files
        .filter(|path| path.to_string_lossy().ends_with(".jsonl.gz"))
        .flat_map(|path| {
            let text = unpacked(&path);
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<Row>>()
        })
        .filter(|row| row.family == "policy")
        .collect();
    assert!(!rows.is_empty(), "no file of {} has configurations with verdicts", folder.display());
    rows
}

fn unpacked(path: &PathBuf) -> String {
    let output =
        Command::new("gzip").arg("-dc").arg(path).output().unwrap_or_else(|error| panic!("gzip: {error}"));
    assert!(output.status.success(), "gzip -dc {}: {}", path.display(), output.status);
    String::from_utf8(output.stdout).unwrap()
}
