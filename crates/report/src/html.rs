//! HTML: one file that needs nothing else.
//!
//! The page is written in two parts: what a reader needs first is laid out by templates and readable without
//! any script; every failure and every verdict that could not be reached stands in a JSON island behind it,
//! from which a small script of our own fills a table, filters and turns pages. So ten thousand findings cost
//! the reader ten thousand lines of data, not ten thousand rows of a table.
//!
//! Layers, controls and assets have pages of their own within the file: sections that are shown when the
//! address names them, which needs no script either. Of a large estate only the worst assets have one there;
//! [`write_folder`] writes those of all, into files beside the page.
//!
//! **Invariants.** Every value goes through [`Escaper`], because that is the only escaper that templates have.
//! The policy in the page's head allows its own style and script by their digests and nothing else: no
//! network, no inline handler, no `eval`. The script only ever sets text, never markup.

mod actions;
mod assets;
mod causes;
mod controls;
mod folder;
mod frameworks;
mod island;
mod layers;
mod map;
mod matrix;
mod trend;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::causes::causes;
use crate::document::Document;
use crate::json;
use crate::shown::is_unseen;
use crate::words::{self, counted, thousands};
use actions::{FixView, GapView, NotMeasuredView, UnseenView};
use assets::{AssetRow, Pages};
use causes::{CauseView, RowView};
use controls::LayerControls;
use folder::Folder;
use frameworks::FrameworkView;
use island::Island;
use layers::LayerPage;
use map::{LayerView, OverallView};
use matrix::LayerMatrix;
use trend::TrendView;

const STYLE: &str = include_str!("../templates/report.css");
const SCRIPT: &str = include_str!("../templates/report.js");
/// Causes that stand in the page before the fold.
const CAUSES_SHOWN: usize = 12;

/// Escapes for HTML, and writes out what would not be seen as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Escaper;

impl askama::filters::Escaper for Escaper {
    fn write_escaped_str<W: fmt::Write>(&self, mut out: W, text: &str) -> fmt::Result {
        let mut from = 0;
        for (at, character) in text.char_indices() {
            let entity = match character {
                '&' => Some("&amp;"),
                '<' => Some("&lt;"),
                '>' => Some("&gt;"),
                '"' => Some("&quot;"),
                '\'' => Some("&#39;"),
                '\n' | '\t' => None,
                _ if is_unseen(character) => Some(""),
                _ => None,
            };
            let Some(entity) = entity else { continue };
            out.write_str(text.get(from..at).unwrap_or_default())?;
            if entity.is_empty() {
                write!(out, "{}", character.escape_unicode())?;
            } else {
                out.write_str(entity)?;
            }
            from = at + character.len_utf8();
        }
        out.write_str(text.get(from..).unwrap_or_default())
    }
}

/// Everything of the page that needs no script.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    policy: String,
    style: &'static str,
    title: &'a str,
    facts: Vec<String>,
    incomplete: &'a [String],
    filtered: Option<String>,
    overall: OverallView,
    layers: Vec<LayerView<'a>>,
    severities: Vec<SeverityCount>,
    causes: Vec<CauseView<'a>>,
    more_causes: Vec<CauseView<'a>>,
    fixes: Vec<FixView<'a>>,
    switches: String,
    gaps: Vec<GapView<'a>>,
    unseen: Vec<UnseenView<'a>>,
    regions: Vec<String>,
    problems: Vec<String>,
    controls: Vec<LayerControls<'a>>,
    matrix: Vec<LayerMatrix<'a>>,
    frameworks: Vec<FrameworkView<'a>>,
    not_measured: Vec<NotMeasuredView<'a>>,
    rows: Vec<RowView<'a>>,
    trend: Option<TrendView>,
    layer_pages: Vec<LayerPage<'a>>,
    assets: Vec<AssetRow<'a>>,
    assets_told: String,
    /// Kinds, how many assets they have, and the files in which these stand.
    files: Vec<(&'a str, String, Vec<String>)>,
    filters: Filters<'a>,
    left_out: usize,
    evidence: Vec<(&'static str, String)>,
    operations: Vec<(&'a str, [u64; 5])>,
}

struct SeverityCount {
    word: &'static str,
    sign: char,
    count: String,
}

/// What the table of findings can be narrowed to.
struct Filters<'a> {
    layers: Vec<(&'static str, Vec<(&'a str, &'a str)>)>,
    accounts: Vec<(&'a str, &'a str)>,
}

/// Writes the page.
///
/// # Errors
/// What the writer refuses.
pub fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_page(document, None, out)
}

/// Writes a folder: the page as `index.html`, and the page of every asset in files beside it.
///
/// The files are written one after the other; what is kept in memory are a few numbers for each asset and each
/// verdict.
///
/// # Errors
/// What the file system refuses.
pub fn write_folder(document: &Document<'_>, folder: &Path) -> io::Result<()> {
    let files = Folder::of(document);
    fs::create_dir_all(folder.join("assets"))?;
    write_page(document, Some(&files), &mut File::create(folder.join("index.html"))?)?;
    files.write(document, &folder.join("assets"))
}

fn write_page(document: &Document<'_>, folder: Option<&Folder>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let pages = Pages::of(document, folder);
    let island = Island::of(document, &pages);
    page(document, &island, &pages).write_into(&mut out)?;
    if folder.is_none() {
        for asset in pages.each(document) {
            asset.write_into(&mut out)?;
        }
    }
    out.write_all(b"</main>\n<script type=\"application/json\" id=\"data\">")?;
    json::write_island(&island, &mut out)?;
    write!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")?;
    out.flush()
}

fn page<'a>(document: &'a Document<'a>, island: &Island<'a, 'a>, pages: &Pages<'a>) -> Page<'a> {
    let causes = causes(document);
    let mut views: Vec<CauseView<'a>> =
        causes.iter().map(|cause| CauseView::of(document, cause, pages)).collect();
    let more_causes = views.split_off(CAUSES_SHOWN.min(views.len()));
    let unseen = crate::unseen::gathered(document);
    let counts = &document.summary.switches;
    Page {
        policy: policy(),
        style: STYLE,
        title: document.assessment.judged.settings.organisation.as_deref().unwrap_or("The estate"),
        facts: facts(document),
        incomplete: &document.incomplete.reasons,
        filtered: document.summary.filtered.as_ref().map(|filtered| filtered.sentence()),
        overall: OverallView::of(document),
        layers: document.scores.all_layers().map(|layer| LayerView::of(document, layer)).collect(),
        severities: severities(document),
        causes: views,
        more_causes,
        fixes: document.fixes.iter().map(|fix| FixView::of(document, fix)).collect(),
        switches: format!(
            "{} on, {} off, {} not seen, {} shown by checks on other assets",
            thousands(counts.on),
            thousands(counts.off),
            thousands(counts.unseen),
            thousands(counts.elsewhere)
        ),
        gaps: document.switch_gaps.iter().map(|gap| GapView::of(document, gap)).collect(),
        unseen: unseen.into_iter().map(UnseenView::of).collect(),
        regions: crate::unseen::regions_left_out(document),
        problems: document.assessment.problems().map(ToString::to_string).collect(),
        controls: controls::layers(document, &causes, pages),
        matrix: matrix::layers(document),
        frameworks: document.frameworks.iter().map(FrameworkView::of).collect(),
        not_measured: NotMeasuredView::all(document),
        rows: island.first_rows(document, pages),
        trend: TrendView::of(document),
        layer_pages: LayerPage::all(document),
        assets: pages.index(document),
        assets_told: pages.told(),
        files: pages.files(),
        filters: Filters::of(document),
        left_out: island.left_out,
        evidence: evidence(document),
        operations: document
            .evidence
            .operations
            .by_operation
            .iter()
            .map(|entry| {
                let calls = entry.calls;
                (entry.operation, [calls.asked, calls.answered, calls.absent, calls.refused, calls.failed])
            })
            .collect(),
    }
}

/// Allows the page's own style and script, and nothing else.
fn policy() -> String {
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn facts(document: &Document<'_>) -> Vec<String> {
    let (evidence, summary) = (&document.evidence, &document.summary);
    vec![
        format!("Judged {}", words::time(document.assessment.judged.now)),
        format!("Evidence of {}, {}", words::time(evidence.collected_to), words::age(evidence.age_seconds)),
        format!(
            "{} in {} and {}",
            counted(summary.assets, "asset"),
            counted(summary.accounts, "account"),
            counted(evidence.regions.len(), "region")
        ),
    ]
}

fn severities(document: &Document<'_>) -> Vec<SeverityCount> {
    let failures = &document.summary.failures;
    let counts = [failures.critical, failures.high, failures.medium, failures.low, failures.info];
    partywall_model::Severity::ALL
        .into_iter()
        .zip(counts)
        .map(|(severity, count)| SeverityCount {
            word: severity.word(),
            sign: words::severity_sign(severity),
            count: thousands(count),
        })
        .collect()
}

fn evidence(document: &Document<'_>) -> Vec<(&'static str, String)> {
    let (facts, summary) = (&document.evidence, &document.summary);
    let accounts: Vec<String> = facts
        .accounts
        .iter()
        .map(|account| {
            let name = account.name.map(|name| format!("{name}, ")).unwrap_or_default();
            format!("{} ({name}{})", account.id, account.environment)
        })
        .collect();
    let calls = &facts.operations.all;
    vec![
        (
            "Collected",
            format!("{} to {}", words::time(facts.collected_from), words::time(facts.collected_to)),
        ),
        ("Ran to its end", if facts.complete { "yes" } else { "no, it was cut short" }.to_owned()),
        ("Accounts", accounts.join("; ")),
        ("Regions", facts.regions.join(", ")),
        (
            "Assets",
            format!(
                "{} of {}; {} could not be read; the sensitivity of {} is assumed",
                thousands(summary.assets),
                counted(summary.kinds, "kind"),
                counted(summary.placeholders, "list"),
                thousands(summary.sensitivity_assumed)
            ),
        ),
        ("Lines", words::lines_by_holder(document)),
        ("Verdicts", words::verdicts_by_kind(document)),
        (
            "Calls",
            format!(
                "{} asked, {} answered, {} absent, {} refused, {} failed",
                calls.asked, calls.answered, calls.absent, calls.refused, calls.failed
            ),
        ),
        ("Made by", format!("partywall {}", document.assessment.header.tool_version)),
    ]
}

impl<'a> Filters<'a> {
    fn of(document: &Document<'a>) -> Self {
        let layers = partywall_model::Layer::ALL.into_iter().map(|layer| {
            let controls = document.controls.iter().filter(|control| control.layer == layer);
            (words::layer(layer), controls.map(|control| (control.id, control.title)).collect())
        });
        let accounts = &document.assessment.header.accounts;
        Self {
            layers: layers.collect(),
            accounts: accounts
                .iter()
                .map(|account| (account.id.as_str(), account.name.as_deref().unwrap_or(account.id.as_str())))
                .collect(),
        }
    }
}
