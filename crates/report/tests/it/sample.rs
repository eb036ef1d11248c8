//! Made-up assessments: a small one that the snapshots show, and a large one over the real content.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use partywall_content::load::{Files, load};
use partywall_content::{Content, Settings};
use partywall_model::{
    Asset, Confidence, Environment, Estate, EstateBuilder, EvidenceRecord, Finding, Fingerprint, Listing,
    ListingOutcome, Location, Node, OperationTally, Problem, Provider, Source, Verdict, Why, WhyKind,
};
use partywall_report::frameworks::FrameworkEntry;
use partywall_report::trend::Trend;
use partywall_report::{
    Account, Assessment, Document, Filtered, Header, RegionNotScanned, RunEnd, SourceKind,
};
use partywall_ssrm::fixes::first_fixes;
use partywall_ssrm::frameworks::{FrameworkStatus, Frameworks};
use partywall_ssrm::score::Exposure;
use partywall_ssrm::status::{self, NoHistory, Status};
use partywall_ssrm::switches::switches;

/// Everything that a document borrows.
pub(crate) struct Sample {
    pub(crate) content: Content,
    pub(crate) settings: Settings,
    pub(crate) estate: Estate,
    pub(crate) findings: Vec<Finding>,
    pub(crate) exposed: HashSet<String>,
    pub(crate) header: Header,
    pub(crate) problems: Vec<Problem>,
    pub(crate) trend: Option<Trend>,
}

impl Sample {
    /// Judges the sample and hands the document on.
    pub(crate) fn document<R>(&self, read: impl FnOnce(&Document<'_>) -> R) -> R {
        self.judged(None, &[], read)
    }

    fn judged<R>(
        &self,
        filtered: Option<&Filtered>,
        frameworks: &[&str],
        read: impl FnOnce(&Document<'_>) -> R,
    ) -> R {
        let exposure = |asset: &Asset| {
            if self.exposed.contains(asset.id.as_str()) { Exposure::Internet } else { Exposure::Internal }
        };
        let judged = status::Assessment {
            content: &self.content,
            settings: &self.settings,
            estate: &self.estate,
            findings: &self.findings,
            exposure: &exposure,
            history: &NoHistory,
            assurances: &[],
            now: time("2026-11-03T12:00:00Z"),
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
            problems: &self.problems,
        };
        // As under a filter: what is listed stands first.
        let hidden = filtered.map_or(0, |told| told.verdicts_left_out + told.verdicts_not_listed);
        let listed = &self.findings[..self.findings.len() - hidden];
        let assessment =
            Assessment { judged: status::Assessment { findings: listed, ..judged }, ..assessment };
        let counted = Frameworks::new(&judged, &status);
        let statuses: Vec<FrameworkStatus<'_>> =
            frameworks.iter().map(|id| counted.of(self.content.framework(id).unwrap())).collect();
        let entries: Vec<FrameworkEntry<'_>> =
            statuses.iter().map(|status| FrameworkEntry::of(status, None)).collect();
        let document = Document::filtered(&assessment, filtered).with_trend(self.trend.as_ref());
        read(&document.with_frameworks(&entries))
    }

    /// The text of one of the forms, with frameworks.
    pub(crate) fn framed(
        &self,
        frameworks: &[&str],
        write: impl FnOnce(&Document<'_>, &mut Vec<u8>),
    ) -> String {
        self.judged(None, frameworks, |document| {
            let mut out = Vec::new();
            write(document, &mut out);
            String::from_utf8(out).unwrap()
        })
    }

    /// The text of one of the forms, as of a run under filters.
    pub(crate) fn filtered(
        &self,
        filtered: &Filtered,
        write: impl FnOnce(&Document<'_>, &mut Vec<u8>),
    ) -> String {
        self.judged(Some(filtered), &[], |document| {
            let mut out = Vec::new();
            write(document, &mut out);
            String::from_utf8(out).unwrap()
        })
    }

    /// The text of one of the forms.
    pub(crate) fn written(&self, write: impl FnOnce(&Document<'_>, &mut Vec<u8>)) -> String {
        self.document(|document| {
            let mut out = Vec::new();
            write(document, &mut out);
            String::from_utf8(out).unwrap()
        })
    }
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn asset(kind: &str, id: &str, account: &str, region: &str, name: &str) -> Asset {
    let mut asset = Asset::new(Provider::Aws, kind, id);
    asset.account = Some(account.into());
    asset.region = Some(region.into());
    asset.name = Some(name.into());
    asset
        .provenance
        .add("", Source::Call { operation: "s3:ListBuckets".into(), at: time("2026-11-03T11:58:00Z") });
    asset
}

pub(crate) fn finding(
    content: &Content,
    check: &str,
    asset: &Asset,
    verdict: Verdict,
    summary: &str,
) -> Finding {
    let check = content.check(check).unwrap();
    let seed = format!("{}{}", check.id, asset.id);
    let mut print = [0_u8; 16];
    for (at, byte) in seed.bytes().enumerate() {
        print[at % 16] = print[at % 16].wrapping_mul(31).wrapping_add(byte);
    }
    Finding {
        check: check.id.clone(),
        control: check.control.clone(),
        asset: asset.id.clone(),
        verdict,
        severity: check.severity,
        confidence: Confidence::High,
        stage: check.stage,
        summary: summary.into(),
        evidence: vec!["`Observed.PolicyStatus.IsPublic` is true".into()],
        affected: vec![],
        location: vec![Location {
            path: "Observed.PolicyStatus.IsPublic".into(),
            source: Some(Source::Call {
                operation: "s3:GetBucketPolicyStatus".into(),
                at: time("2026-11-03T11:59:00Z"),
            }),
        }],
        fingerprint: Fingerprint(print),
        third_party: None,
    }
}

pub(crate) fn unknown(short: &str) -> Verdict {
    Verdict::Unknown(vec![Arc::new(Why::parse_short(short).with_message("not authorised"))])
}

pub(crate) fn tally(
    operation: &str,
    account: &str,
    region: &str,
    answered: u64,
    failed: &[(&str, u64)],
) -> OperationTally {
    OperationTally {
        operation: operation.into(),
        account: account.into(),
        region: region.into(),
        answered,
        absent: 0,
        failed: failed
            .iter()
            .map(|(code, count)| {
                let why =
                    Why::new(WhyKind::Refused, operation).with_code(*code).with_message("not authorised");
                (why, *count)
            })
            .collect(),
    }
}

pub(crate) fn header(accounts: Vec<Account>, tallies: Vec<OperationTally>) -> Header {
    Header {
        tool_version: "0.1.0".into(),
        collected_from: time("2026-11-03T11:50:00Z"),
        collected_to: time("2026-11-03T12:00:00Z"),
        sources: vec![SourceKind::CloudApi],
        accounts,
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        regions_not_scanned: vec![RegionNotScanned {
            account: None,
            region: "ap-east-1".into(),
            why: Why::new(WhyKind::Unsupported, "account:ListRegions")
                .with_message("not enabled for the account"),
        }],
        tallies,
        end: RunEnd::Complete,
    }
}

/// A public bucket that hurts, one that nobody could look at, one that is waived, an open role, a machine
/// whose image was not seen, a list that was refused, and names that want to be trouble.
pub(crate) fn small() -> Sample {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/content");
    let loaded = load(&Files::read(&folder).unwrap(), Content::default());
    assert_eq!(loaded.problems, vec![], "the sample's own content");
    let content = loaded.content;
    let settings = "organisation: \"Example \\e[31mBank\"\n\
        accounts:\n  \"111122223333\": { name: cards, environment: production }\n\
        sensitivity: [{ level: high, name_contains: card }]\n\
        waivers: [{ check: s3-bucket-public, asset: downloads, reason: meant for everyone, owner: web team, until: 2027-01-31 }]\n";
    let settings = Settings::parse("partywall.yaml", settings, &content.control_ids()).unwrap();
    let (cards, other, region) = ("111122223333", "444455556666", "eu-west-1");
    let bucket = |id: &str, account: &str, name: &str, algorithm: Node| {
        let mut bucket = asset("AWS::S3::Bucket", &format!("arn:aws:s3:::{id}"), account, region, name);
        bucket.properties.insert_at("BucketEncryption.Algorithm", algorithm);
        bucket
    };
    let refused = Node::unknown(Why::parse_short("s3:GetEncryptionConfiguration AccessDenied"));
    let applications = bucket("card-applications", cards, "card-applications", Node::text("AES256"));
    let downloads = bucket("downloads", cards, "downloads", Node::text("aws:kms"));
    let hostile = bucket("x", other, "<script>alert(1)</script>\u{1b}[2J\u{202e}txt", refused);
    let archive = bucket("archive", other, "archive", Node::text("AES256"));
    let role = asset("AWS::IAM::Role", "arn:aws:iam::111122223333:role/vendor", cards, "global", "vendor");
    let mut machine =
        asset("AWS::EC2::Instance", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", cards, region, "web");
    machine
        .properties
        .insert_at("ImageId", Node::unknown(Why::parse_short("ec2:DescribeInstances UnauthorizedOperation")));
    let findings = vec![
        finding(
            &content,
            "s3-bucket-public",
            &applications,
            Verdict::Fail,
            "anyone can read `card-applications`",
        ),
        finding(&content, "s3-bucket-public", &downloads, Verdict::Fail, "anyone can read `downloads`"),
        finding(
            &content,
            "s3-bucket-public",
            &hostile,
            unknown("s3:GetBucketPolicyStatus AccessDenied"),
            "not seen",
        ),
        finding(&content, "s3-bucket-public", &archive, Verdict::Pass, "not public"),
        finding(&content, "iam-role-any-principal", &role, Verdict::Fail, "any account may assume `vendor`"),
    ];
    let mut builder = EstateBuilder::default();
    for asset in [applications, downloads, hostile, archive, role, machine] {
        builder.add(EvidenceRecord::Asset(Box::new(asset)));
    }
    builder.add(EvidenceRecord::Listing(Listing {
        provider: Provider::Aws,
        account: other.into(),
        region: "us-east-1".into(),
        kind: "AWS::IAM::Role".into(),
        operation: "iam:ListRoles".into(),
        at: time("2026-11-03T11:59:00Z"),
        seen: 0,
        outcome: ListingOutcome::Incomplete(Why::parse_short("iam:ListRoles AccessDenied")),
    }));
    let account = |id: &str, name: Option<&str>, environment| Account {
        id: id.into(),
        name: name.map(Into::into),
        environment,
    };
    let accounts = vec![
        account(cards, Some("cards"), Environment::Production),
        account(other, None, Environment::Unlabelled),
    ];
    let tallies = vec![
        tally("iam:ListRoles", cards, "global", 2, &[]),
        tally("iam:ListRoles", other, "us-east-1", 0, &[("AccessDenied", 1)]),
        tally("s3:GetBucketPolicyStatus", other, region, 1, &[("AccessDenied", 1)]),
    ];
    Sample {
        content,
        settings,
        estate: builder.finish(|_| None),
        findings,
        exposed: HashSet::from(["arn:aws:s3:::card-applications".to_owned()]),
        header: header(accounts, tallies),
        problems: vec![],
        trend: None,
    }
}

/// So many assets over the kinds and checks of the real content, with verdicts of every sort.
pub(crate) fn large(assets: usize) -> Sample {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let content = load(&Files::read(&folder).unwrap(), Content::default()).content;
    let settings = "organisation: Example Bank\naccounts:\n  \"111122223333\": { name: cards-production, environment: production }\n  \"444455556666\": { name: payments-staging, environment: staging }\n  \"777788889999\": { name: security-tooling, environment: shared }\nsensitivity: [{ level: high, name_contains: card }]\nowners: { platform: cloud team }\n";
    let settings = Settings::parse("partywall.yaml", settings, &content.control_ids()).unwrap();
    let kinds: Vec<_> =
        content.services.iter().filter(|s| s.id.starts_with("aws")).flat_map(|s| s.kinds.keys()).collect();
    let accounts = ["111122223333", "444455556666", "777788889999"];
    let regions = ["eu-west-1", "eu-central-1"];
    let words = ["card", "ledger", "batch", "portal", "audit", "report", "edge", "stream"];
    let mut dice = Dice(7);
    let (mut builder, mut findings, mut exposed) = (EstateBuilder::default(), Vec::new(), HashSet::new());
    for at in 0..assets {
        let kind = kinds[at % kinds.len()];
        let (account, region) = (accounts[dice.roll(3)], regions[dice.roll(2)]);
        let short = kind.as_str().rsplit("::").next().unwrap().to_lowercase();
        let name = format!("{}-{short}-{at}", words[dice.roll(words.len())]);
        let id = format!("arn:aws:{}:{region}:{account}:{short}/{name}", kind.service().to_lowercase());
        let asset = asset(kind.as_str(), &id, account, region, &name);
        if dice.roll(9) == 0 {
            exposed.insert(id);
        }
        for check in content.checks.iter().filter(|check| check.kinds.contains(kind)) {
            let rarity = 2 + check.severity.weight() as usize;
            let (verdict, summary) = match dice.roll(10 + rarity) {
                0 | 1 => (Verdict::Fail, format!("{}: `{name}`", check.title)),
                2 => (
                    unknown("config:DescribeConfigRules AccessDeniedException"),
                    format!("`{name}` could not be judged"),
                ),
                3 => (Verdict::NotApplicable, String::new()),
                _ => (Verdict::Pass, String::new()),
            };
            findings.push(finding(&content, check.id.as_str(), &asset, verdict, &summary));
        }
        builder.add(EvidenceRecord::Asset(Box::new(asset)));
    }
    builder.add(EvidenceRecord::Listing(Listing {
        provider: Provider::Aws,
        account: accounts[1].into(),
        region: regions[1].into(),
        kind: "AWS::KMS::Key".into(),
        operation: "kms:ListKeys".into(),
        at: time("2026-11-03T11:59:00Z"),
        seen: 0,
        outcome: ListingOutcome::Incomplete(Why::parse_short("kms:ListKeys AccessDeniedException")),
    }));
    let environments = [Environment::Production, Environment::Staging, Environment::Shared];
    let names = ["cards-production", "payments-staging", "security-tooling"];
    let header_accounts = accounts
        .iter()
        .zip(names)
        .zip(environments)
        .map(|((id, name), environment)| Account { id: (*id).into(), name: Some(name.into()), environment });
    let tallies = vec![
        tally("ec2:DescribeInstances", accounts[0], regions[0], 14, &[]),
        tally("kms:ListKeys", accounts[1], regions[1], 0, &[("AccessDeniedException", 1)]),
        tally("config:DescribeConfigRules", accounts[0], regions[0], 3, &[("AccessDeniedException", 5)]),
    ];
    Sample {
        estate: builder.finish(|_| None),
        header: header(header_accounts.collect(), tallies),
        content,
        settings,
        findings,
        exposed,
        problems: vec![],
        trend: None,
    }
}

/// So many failures, or a few more: buckets on which every check of the real content fails.
pub(crate) fn failing(failures: usize) -> Sample {
    let mut sample = large(0);
    let judged =
        |check: &&partywall_content::Check| check.kinds.iter().any(|kind| *kind == "AWS::S3::Bucket");
    let buckets = failures.div_ceil(sample.content.checks.iter().filter(judged).count());
    let (mut builder, mut findings) = (EstateBuilder::default(), Vec::new());
    for at in 0..buckets {
        let (id, name) = (format!("arn:aws:s3:::bucket-{at}"), format!("bucket-{at}"));
        let bucket = asset("AWS::S3::Bucket", &id, "111122223333", "eu-west-1", &name);
        for check in sample.content.checks.iter().filter(|check| check.kinds.contains(&bucket.kind)) {
            findings.push(finding(&sample.content, check.id.as_str(), &bucket, Verdict::Fail, &check.title));
        }
        builder.add(EvidenceRecord::Asset(Box::new(bucket)));
    }
    sample.estate = builder.finish(|_| None);
    sample.findings = findings;
    sample
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}
