//! What a browser shows, and what it does with it.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use partywall_model::{Layer, Scope, Verdict};
use partywall_report::html;
use partywall_report::trend::{Trend, TrendControl, TrendFigure, TrendLayer, TrendPoint};

use crate::sample::{Sample, failing, large, small, time};

fn page(sample: &Sample) -> String {
    sample.written(|document, out| html::write(document, out).unwrap())
}

/// The page as a browser has it after its script has run, and what the browser complained of.
fn in_browser(name: &str, page: &str, hash: &str) -> (String, String) {
    let named = std::env::var_os("PARTYWALL_CHROMIUM").map(PathBuf::from);
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .map(|program| PathBuf::from("/usr/bin").join(program))
        .find(|program| program.exists());
    let Some(browser) = named.or(found) else {
        panic!("no Chromium: `apt-get install -y chromium`, or name one in PARTYWALL_CHROMIUM");
    };
    let folder = tempfile::Builder::new().prefix(name).tempdir().unwrap();
    let file = folder.path().join("report.html");
    fs::write(&file, page).unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ])
        .args([
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            "--virtual-time-budget=3000",
        ])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}{hash}", file.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let complaints: Vec<&str> = said.lines().filter(|line| line.contains("CONSOLE")).collect();
    (String::from_utf8(output.stdout).unwrap(), complaints.join("\n"))
}

/// The text between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no `{from}` in the page")) + from.len();
    let end = text[start..].find(to).unwrap_or_else(|| panic!("no `{to}` after `{from}`"));
    &text[start..start + end]
}

#[test]
fn a_page_of_ten_thousand_findings_is_paged_filtered_and_small() {
    let sample = failing(10_000);
    let buckets = sample.estate.of_kind("AWS::S3::Bucket", Scope::Everywhere).count();
    assert!(sample.findings.len() >= 10_000 && buckets > 150);
    let page = page(&sample);
    assert!(page.len() < 6 << 20, "{} bytes", page.len());
    let (dom, complaints) = in_browser("paged", &page, "#findings?check=s3-bucket-public&page=3");
    assert_eq!(complaints, "");
    assert_eq!(between(&dom, "aria-live=\"polite\">", "</p>"), format!("101–150 of {buckets} findings"));
    assert_eq!(between(&dom, "<span id=\"page\">", "</span>"), format!("page 3 of {}", buckets.div_ceil(50)));
    let rows = between(&dom, "<tbody id=\"rows\">", "</tbody>");
    assert_eq!(rows.matches("<tr>").count(), 50);
    assert_eq!(rows.matches("s3-bucket-public").count(), 50);
}

#[test]
fn a_free_text_and_a_severity_narrow_the_table() {
    let (dom, complaints) = in_browser("filtered", &page(&small()), "#findings?q=VENDOR&severity=high");
    assert_eq!(complaints, "");
    assert_eq!(between(&dom, "aria-live=\"polite\">", "</p>"), "1–1 of 1 findings");
    let rows = between(&dom, "<tbody id=\"rows\">", "</tbody>");
    assert!(rows.contains("<code>vendor</code>"), "{rows}");
    let (dom, _) = in_browser("nothing", &page(&small()), "#findings?q=nothing-is-called-so");
    assert!(dom.contains("No finding matches. Clear the filter to see all 4."));
}

#[test]
fn a_link_opens_what_it_leads_to() {
    let (dom, _) = in_browser("opened", &page(&small()), "#cause-s3-bucket-public");
    let card = dom.split("<details").find(|part| part.contains("id=\"cause-s3-bucket-public\"")).unwrap();
    assert!(card.split('>').next().unwrap().contains("open"), "{card}");
}

#[test]
fn names_of_strangers_stay_text_before_and_after_the_script() {
    let page = page(&small());
    for text in [page.clone(), in_browser("hostile", &page, "").0] {
        assert!(!text.contains("<script>alert"), "a name became markup");
        assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        for character in ['\u{1b}', '\u{202e}'] {
            assert!(!text.contains(character), "{character:?} reached the page");
        }
        assert!(text.contains("\\u{1b}[2J\\u{202e}txt"));
    }
    let island = between(&page, "id=\"data\">", "</script>");
    assert!(!island.contains('<') && island.contains("alert(1)"));
    serde_json::from_str::<serde_json::Value>(island).unwrap();
}

#[test]
fn without_a_script_every_cause_and_the_worst_findings_are_in_the_page() {
    let sample = failing(500);
    let page = page(&sample);
    let before = page.split("<script").next().unwrap();
    for check in
        sample.content.checks.iter().filter(|check| check.kinds.iter().any(|kind| *kind == "AWS::S3::Bucket"))
    {
        assert!(before.contains(&format!("id=\"cause-{}\"", check.id)), "{}", check.id);
    }
    assert_eq!(between(before, "<tbody id=\"rows\">", "</tbody>").matches("<tr>").count(), 50);
}

#[test]
fn the_page_asks_for_nothing_and_allows_only_its_own_style_and_script() {
    let page = page(&large(60));
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\">");
    assert!(policy.starts_with("default-src &#39;none&#39;; style-src &#39;sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"));
    for forbidden in [" src=", "<link", "@import", "<img", "<iframe", " onclick", " style=\"", "url(http"] {
        assert!(!page.contains(forbidden), "`{forbidden}` in the page");
    }
    // The policy would stop the style and script if their digests were wrong.
    let (dom, complaints) = in_browser("policy", &page, "");
    assert_eq!(complaints, "");
    assert!(!between(&dom, "aria-live=\"polite\">", "</p>").is_empty());
}

#[test]
fn every_control_and_every_part_of_the_map_is_told_in_words() {
    let sample = small();
    let page = page(&sample);
    for control in &sample.content.controls {
        assert!(page.contains(&format!("id=\"control-{}\"", control.id)), "{}", control.id);
    }
    let map = between(&page, "<table class=\"map\">", "</table>");
    for words in [
        "provider 6, unknown 1",
        "shared 4, customer 17",
        "aria-label=\"9–69 percent",
        "not measured",
        "capped at level 2",
    ] {
        assert!(map.contains(words), "`{words}` not in {map}");
    }
    for picture in page.split("<svg ").skip(1) {
        let tag = picture.split('>').next().unwrap();
        let is_told = tag.contains("role=\"img\" aria-label=\"") || tag.contains("aria-hidden=\"true\"");
        assert!(is_told, "a picture without words: {tag}");
    }
}

/// The values of an attribute, in the order in which they stand.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let mark = format!(" {attribute}=\"");
    page.split(mark.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Every link within the page leads somewhere, and no name is given twice.
fn assert_links_lead_somewhere(page: &str) {
    let markup = page.split("<script").next().unwrap();
    let mut ids = HashSet::new();
    for id in values(markup, "id") {
        assert!(ids.insert(id), "two things are called `{id}`");
    }
    let links = values(markup, "href");
    assert!(links.len() > 50, "{} links", links.len());
    for link in links {
        match link.strip_prefix('#') {
            Some(id) => {
                assert!(ids.contains(id.split('?').next().unwrap()), "`{link}` leads nowhere");
            }
            None => assert!(link.starts_with("https://"), "`{link}` leads out of the page"),
        }
    }
    for named in values(markup, "aria-labelledby") {
        assert!(ids.contains(named), "`{named}` labels a part and does not stand anywhere");
    }
}

fn point(at: &str, lo: f64, level: u8) -> TrendPoint {
    let figure = Some(TrendFigure { lo, hi: 0.75, level });
    TrendPoint {
        run: at.into(),
        at: time(at),
        complete: true,
        findings: 40,
        failing: 4,
        overall: figure,
        layers: vec![TrendLayer { layer: Layer::Platform, figure }],
        controls: vec![TrendControl {
            control: "platform.configuration-scanning".into(),
            figure,
            coverage: 0.5,
        }],
    }
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let mut with_history = small();
    let points = vec![point("2026-11-02T12:00:00Z", 0.1, 0), point("2026-11-03T12:00:00Z", 0.25, 1)];
    with_history.trend = Some(Trend { points, since_last: None });
    for sample in [small(), with_history, failing(200), large(100), large(700)] {
        assert_links_lead_somewhere(&page(&sample));
    }
}

#[test]
fn a_layer_a_control_and_an_asset_have_pages_of_their_own() {
    let sample = small();
    let page = page(&sample);
    for layer in Layer::ALL {
        assert!(page.contains(&format!("<section class=\"page\" id=\"layer-{}\"", layer.word())));
    }
    for control in &sample.content.controls {
        assert!(page.contains(&format!("<section class=\"page\" id=\"control-{}\"", control.id)));
    }
    let pages = page.matches("<section class=\"page\" id=\"asset-").count();
    assert_eq!(pages, sample.estate.assets().len());
    let bucket = page
        .split("<section class=\"page\" id=\"asset-")
        .find(|part| part.contains("-title\" tabindex=\"-1\">card-applications"))
        .unwrap();
    let bucket = bucket.split("</section>").next().unwrap();
    for words in [
        "the internet reaches it",
        "<code>Observed.PolicyStatus.IsPublic</code> is true",
        "by s3:GetBucketPolicyStatus, 2026-11-03 11:59 UTC",
        "<b>Fix:</b>",
        "Who holds what for it",
        "href=\"#control-platform.configuration-scanning\"",
    ] {
        assert!(bucket.contains(words), "`{words}` not in {bucket}");
    }
    assert!(page.contains("accepted until 2027-01-31 by web team: meant for everyone"));
}

#[test]
fn a_link_to_a_page_opens_it_and_names_the_tab_after_it() {
    let (dom, complaints) = in_browser("target", &page(&small()), "#layer-platform");
    assert_eq!(complaints, "");
    assert_eq!(between(&dom, "<title>", "</title>"), "Platform · Partywall");
}

#[test]
fn a_large_estate_gets_the_pages_of_its_worst_assets_and_says_what_is_left_out() {
    let sample = large(4_000);
    let page = page(&sample);
    assert!(page.len() < 6 << 20, "{} bytes", page.len());
    assert_eq!(page.matches("<section class=\"page\" id=\"asset-").count(), 60);
    let failing: HashSet<&str> = sample
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Fail)
        .map(|finding| finding.asset.as_str())
        .collect();
    let left = (failing.len() - 60).to_string();
    let left = if left.len() > 3 {
        format!("{},{}", &left[..left.len() - 3], &left[left.len() - 3..])
    } else {
        left
    };
    let told = between(&page, "id=\"assets-title\">Assets</h2>", "</p>");
    assert!(told.contains("The 60 with the worst open failures, of 4,00"), "{told}");
    assert!(told.contains(&format!("{left} more with open failures are left out here")), "{told}");
}

#[test]
fn a_history_is_drawn_and_its_absence_is_said() {
    assert!(page(&small()).contains("No history is kept for this run"));
    let mut sample = small();
    let points = vec![point("2026-11-02T12:00:00Z", 0.1, 0), point("2026-11-03T12:00:00Z", 0.25, 1)];
    sample.trend = Some(Trend { points, since_last: None });
    let page = page(&sample);
    let told = "10–75 of 100, level 0 at first, 25–75 of 100, level 1 at last";
    for title in ["Overall, as the weakest layer", "Platform", "Range and level"] {
        assert!(page.contains(&format!("aria-label=\"{title}: {told}\"")), "{title}");
    }
    assert!(page.contains("2 runs, 2026-11-02 12:00 UTC to 2026-11-03 12:00 UTC"));
}

#[test]
fn a_folder_holds_the_page_of_every_asset_and_its_links_lead_somewhere() {
    for sample in [small(), failing(2_000), large(500)] {
        let folder = tempfile::tempdir().unwrap();
        sample.document(|document| html::write_folder(document, folder.path()).unwrap());
        let mut files = vec![folder.path().join("index.html")];
        let assets = fs::read_dir(folder.path().join("assets")).unwrap();
        files.extend(assets.map(|entry| entry.unwrap().path()));
        let mut ids = HashSet::new();
        let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        for (file, text) in files.iter().zip(&texts) {
            let name = file.file_name().unwrap().to_str().unwrap();
            let mut own = HashSet::new();
            for id in values(text.split("<script").next().unwrap(), "id") {
                assert!(own.insert(id), "two things are called `{id}` in {name}");
                ids.insert(format!("{name}#{id}"));
            }
            ids.insert(name.to_owned());
        }
        for (file, text) in files.iter().zip(&texts) {
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(!text.contains("<script>alert"), "a name became markup");
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
            for link in values(text.split("<script").next().unwrap(), "href") {
                if link.starts_with("https://") {
                    continue;
                }
                let link = if name == "index.html" {
                    link.strip_prefix("assets/").unwrap_or(link)
                } else {
                    link.strip_prefix("../").unwrap_or(link)
                };
                let whole = if link.starts_with('#') { format!("{name}{link}") } else { link.to_owned() };
                assert!(ids.contains(whole.as_str()), "`{whole}` in {name} leads nowhere");
            }
        }
        let pages = ids.iter().filter(|id| id.contains(".html#asset-") && !id.ends_with("-title")).count();
        assert_eq!(pages, sample.estate.assets().len());
        let bytes: usize = texts.iter().skip(1).map(String::len).sum();
        assert!(bytes / pages < 20 << 10, "{} bytes for each asset", bytes / pages);
    }
}
