//! Names of strangers on a screen, in a page and in JSON.

use std::io;
use std::sync::Arc;

use askama::filters::Escaper as _;
use jiff::Timestamp;
use partywall_content::Settings;
use partywall_model::{
    AccountId, Asset, Confidence, Environment, Estate, EstateBuilder, EvidenceRecord, Finding, Fingerprint,
    Listing, ListingOutcome, Node, Provider, Verdict, Why, WhyKind,
};
use partywall_report::html::{self, Escaper};
use partywall_report::shown::{is_unseen, shown, shown_lines};
use partywall_report::text::{self, TextStyle};
use partywall_report::{Account, Assessment, Document, Header, RunEnd, SourceKind, json};
use partywall_ssrm::fixes::first_fixes;
use partywall_ssrm::score::Exposure;
use partywall_ssrm::status::{self, NoHistory, Status};
use partywall_ssrm::switches::switches;

use crate::base;

/// A text on its own: no character that steers a terminal or a reader comes out, what is seen stays, and in
/// HTML no markup is left of it.
pub fn shown_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let plain = shown(&text).to_string();
    assert!(!plain.contains(is_unseen) && !plain.contains(char::is_control), "{plain:?}");
    let lines = shown_lines(&text).to_string();
    assert!(
        !lines.contains(|character| is_unseen(character) && !matches!(character, '\n' | '\t')),
        "{lines:?}"
    );
    assert_eq!(shown(&plain).to_string(), plain, "what is safe stays as it is");
    if !text.contains(is_unseen) {
        assert_eq!(plain, text, "what people write stays as it is");
    }
    let mut page = String::new();
    Escaper.write_escaped_str(&mut page, &text).expect("a text takes text");
    assert!(!page.contains(['<', '>', '"', '\'']), "{page:?}");
    assert!(
        !page.contains(|character| is_unseen(character) && !matches!(character, '\n' | '\t')),
        "{page:?}"
    );
    let read = page.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    assert_eq!(read.replace("&amp;", "&"), lines, "a browser shows what a terminal does");
}

/// A whole report in which every name is a line of the input. The page has as much markup as one with
/// harmless names, the text steers nothing, and the JSON says what was put in.
pub fn report_page(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let harmless: String = text
        .chars()
        .map(|character| match character {
            '<' => '‹',
            '>' => '›',
            '&' => '+',
            '"' => '″',
            '\'' => '′',
            other => other,
        })
        .collect();
    let report = Report::of(&text);
    let [page, screen, machine] = report.written(|document, [page, screen, machine]| {
        html::write(document, page)?;
        text::write(document, TextStyle::default(), screen)?;
        json::write(document, machine)
    });
    let [calm] = Report::of(&harmless).written(|document, [page]| html::write(document, page));
    for markup in ['<', '>'] {
        assert_eq!(page.matches(markup).count(), calm.matches(markup).count(), "names became markup");
    }
    let steers = |character| is_unseen(character) && character != '\n';
    assert!(!page.contains(|character| steers(character) && character != '\t'));
    assert!(!screen.contains(steers), "{screen:?}");
    assert!(!machine.contains(steers));
    let machine: serde_json::Value = serde_json::from_str(&machine).expect("the report is JSON");
    assert!(holds(&machine, &report.name), "the name `{}` is not in the JSON", report.name.escape_debug());
}

/// What a small report is made of.
struct Report {
    name: String,
    settings: Settings,
    estate: Estate,
    findings: Vec<Finding>,
    header: Header,
}

impl Report {
    fn of(text: &str) -> Self {
        let mut lines = text.split('\n').map(str::to_owned);
        let mut line = || lines.next().unwrap_or_default();
        let (name, summary, evidence, account, organisation, code, region) =
            (line(), line(), line(), line(), line(), line(), line());
        let account_id = AccountId::from("111122223333");
        let mut bucket = Asset::new(Provider::Aws, "AWS::S3::Bucket", "arn:aws:s3:::bucket");
        bucket.account = Some(account_id.clone());
        bucket.region = Some(region.clone().into());
        bucket.name = Some(name.clone().into());
        let why = Why::new(WhyKind::Refused, "s3:GetBucketPolicy")
            .with_code(code.clone())
            .with_message(summary.clone());
        bucket.properties.insert_at("Observed.Class", Node::unknown(why.clone()));
        let mut unseen = bucket.clone();
        unseen.id = format!("arn:aws:s3:::{name}").into();
        let finding = |asset: &Asset, number: u8, verdict: Verdict| {
            let check = base::content().check("s3-bucket-open").expect("it is in the small content");
            Finding {
                check: check.id.clone(),
                control: check.control.clone(),
                asset: asset.id.clone(),
                verdict,
                severity: check.severity,
                confidence: Confidence::High,
                stage: check.stage,
                summary: summary.clone().into(),
                evidence: vec![evidence.clone().into()],
                affected: vec![name.clone().into()],
                location: Vec::new(),
                fingerprint: Fingerprint([number; 16]),
                third_party: None,
            }
        };
        let findings = vec![
            finding(&bucket, 1, Verdict::Fail),
            finding(&unseen, 2, Verdict::Unknown(vec![Arc::new(why.clone())])),
        ];
        let mut builder = EstateBuilder::default();
        let listing = Listing {
            provider: Provider::Aws,
            account: account_id.clone(),
            region: region.clone().into(),
            kind: "AWS::S3::Bucket".into(),
            operation: "s3:ListBuckets".into(),
            at: now(),
            seen: 2,
            outcome: ListingOutcome::Incomplete(why),
        };
        builder.add(EvidenceRecord::Asset(Box::new(bucket)));
        builder.add(EvidenceRecord::Asset(Box::new(unseen)));
        builder.add(EvidenceRecord::Listing(listing));
        let header = Header {
            tool_version: "0.0.0".into(),
            collected_from: now(),
            collected_to: now(),
            sources: vec![SourceKind::CloudApi],
            accounts: vec![Account {
                id: account_id,
                name: Some(account.into()),
                environment: Environment::Production,
            }],
            regions: vec![region.into()],
            regions_not_scanned: Vec::new(),
            tallies: Vec::new(),
            end: RunEnd::Interrupted,
        };
        let settings = Settings { organisation: Some(organisation), ..Settings::default() };
        Self { name, settings, estate: builder.finish(|_| None), findings, header }
    }

    /// The texts that `write` makes of the document.
    fn written<const N: usize>(
        &self,
        write: impl FnOnce(&Document<'_>, [&mut Vec<u8>; N]) -> io::Result<()>,
    ) -> [String; N] {
        let exposure = |_: &Asset| Exposure::Internet;
        let judged = status::Assessment {
            content: base::content(),
            settings: &self.settings,
            estate: &self.estate,
            findings: &self.findings,
            exposure: &exposure,
            history: &NoHistory,
            assurances: &[],
            now: now(),
        };
        let status = Status::of(&judged);
        let switches = switches(self.estate.assets().iter().zip(&status.lines));
        let fixes = first_fixes(&judged, &status);
        let assessment = Assessment {
            header: &self.header,
            judged,
            status: &status,
            switches: &switches,
            fixes: &fixes,
            problems: &[],
        };
        let mut out = [const { Vec::new() }; N];
        write(&Document::new(&assessment), out.each_mut()).expect("memory takes everything");
        out.map(|text| String::from_utf8(text).expect("a report is text"))
    }
}

/// Whether a text stands somewhere in a value.
fn holds(value: &serde_json::Value, text: &str) -> bool {
    match value {
        serde_json::Value::String(string) => string == text,
        serde_json::Value::Array(items) => items.iter().any(|item| holds(item, text)),
        serde_json::Value::Object(entries) => entries.values().any(|entry| holds(entry, text)),
        _ => false,
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_793_491_200).expect("it is a time")
}
