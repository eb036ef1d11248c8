//! Not seen is never good: whatever read is refused, throttled or cut off, no verdict gets better, no score rises,
//! and the report says which operation it was.
//!
//! The estate is read once from the emulator and every exchange kept. Then, for each operation that was asked, the
//! collection and the assessment run again against the kept answers with that one operation failing, and the two
//! reports are compared.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use partywall::{Basis, Exit, Failure, Gathered, Precedence, assess_evidence, built_in, collect_evidence};
use partywall_aws::{AccessKey, CredentialSource, Limits, Options, action_of};
use partywall_content::{Content, Settings};
use partywall_model::Severity;

use crate::emulator::{Credentials, EMULATOR};
use crate::memory::{Exchange, Fault, FaultKind, Memory, Port, Reciter, Scribe};
use crate::program::{Partywall, Ran};
use crate::report::{Asset, Report};
use crate::wire::Reply;

pub(crate) const REGION: &str = "eu-west-1";
/// Scores are sums of floating-point numbers.
const ROUNDING: f64 = 1e-9;

#[test]
fn no_refused_read_makes_anything_look_better() {
    let every = RECORDED.memory.operations().into_iter().filter(|name| name != "sts:GetCallerIdentity");
    let faults: Vec<Fault> = every.map(|operation| Fault { operation, kind: FaultKind::Refused }).collect();
    assert!(faults.len() >= 110, "only {} operations were asked", faults.len());
    nothing_looks_better_under(&faults);
}

#[test]
fn without_an_identity_there_is_no_answer_but_a_clear_error() {
    let operation = "sts:GetCallerIdentity".to_owned();
    let ran = live(&Fault { operation, kind: FaultKind::Refused }, &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    for word in ["which account the credentials belong to", "sts:GetCallerIdentity", "AccessDenied"] {
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    }
}

#[test]
fn the_program_ends_with_3_under_strict_where_it_would_end_with_1() {
    for operation in ["iam:ListMFADevices", "ec2:DescribeInstances", "kms:GetKeyPolicy"] {
        let fault = Fault { operation: operation.to_owned(), kind: FaultKind::Refused };
        assert_eq!(live(&fault, &[]).code, 1, "{operation}");
        let strict = live(&fault, &["--strict"]);
        assert_eq!(strict.code, 3, "{operation}: {}", strict.stderr);
        let report = Report::read(strict.stdout.as_bytes());
        assert!(report.incomplete.reasons.iter().any(|reason| reason.contains(operation)), "{operation}");
    }
}

/// Runs the program itself.
fn live(fault: &Fault, more: &[&str]) -> Ran {
    let recorded = &*RECORDED;
    let port = Port::open(Reciter::new(&recorded.memory, Some(fault.clone())));
    let arguments = ["assess", "aws", "--no-store", "--format", "json"];
    Partywall::new(&[&arguments, more].concat()).against(&port.url(), &recorded.credentials, REGION).run()
}

#[test]
fn no_throttled_read_makes_anything_look_better() {
    let faults: Vec<Fault> = [
        "ec2:DescribeVolumes",
        "ec2:GetEbsEncryptionByDefault",
        "iam:GetAccountSummary",
        "rds:DescribeDBInstances",
        "kms:ListKeys",
        "logs:DescribeMetricFilters",
        "lambda:ListFunctions",
        "guardduty:GetDetector",
        "s3:ListBuckets",
        "s3control:GetPublicAccessBlock",
    ]
    .map(|operation| Fault { operation: operation.to_owned(), kind: FaultKind::Throttled })
    .into();
    nothing_looks_better_under(&faults);
}

#[test]
fn no_list_that_breaks_off_on_its_second_page_makes_anything_look_better() {
    let faults: Vec<Fault> = [
        "ec2:DescribeSecurityGroups",
        "iam:GetAccountAuthorizationDetails",
        "rds:DescribeDBInstances",
        "kms:ListKeys",
        "secretsmanager:ListSecrets",
        "lambda:ListFunctions",
        "s3:ListBuckets",
    ]
    .map(|operation| Fault { operation: operation.to_owned(), kind: FaultKind::CutOnSecondPage })
    .into();
    nothing_looks_better_under(&faults);
}

/// What the estate looks like when everything is seen, and all that is needed to see it again.
pub(crate) struct Recorded {
    content: Content,
    pub(crate) memory: Arc<Memory>,
    credentials: Credentials,
    /// The time of collection and of judgement, the same in all runs.
    at: SystemTime,
    whole: Report,
}

pub(crate) static RECORDED: LazyLock<Recorded> = LazyLock::new(|| {
    let emulator = &*EMULATOR;
    let content = built_in().unwrap();
    let scribe = Scribe::new(emulator.address);
    let port = Port::open(Arc::clone(&scribe));
    let at = SystemTime::now();
    let mut options = options(&port.url(), &emulator.credentials, at);
    options.recorder = Some(Arc::clone(&scribe) as Arc<dyn partywall_aws::Recorder>);
    options.limits = Limits { concurrency: 1, attempts: 1, ..options.limits };
    collect_evidence(options, Vec::new(), &content, None, true).unwrap();
    let mut memory = scribe.memory();
    supply(&mut memory);
    let memory = Arc::new(memory);
    let credentials = emulator.credentials.clone();

    let reciter = Reciter::new(&memory, None);
    let whole = assess(&reciter, &content, &credentials, at).unwrap();
    assert_eq!(reciter.strangers(), Vec::<String>::new());
    assert!(whole.exit == Exit::Findings, "{:?}", whole.exit);
    let whole = whole.report;
    assert!(!whole.incomplete.is, "{:#?}\n{:#?}", whole.incomplete.reasons, whole.unknown_reads);
    assert!(whole.problems.is_empty(), "{:?}", whole.problems);
    Recorded { content, memory, credentials, at, whole }
});

fn options(url: &str, credentials: &Credentials, at: SystemTime) -> Options {
    let Credentials { id, secret, token } = credentials;
    Options {
        region: Some(REGION.to_owned()),
        credentials: CredentialSource::Key(AccessKey::new(id, secret, Some(token.clone()))),
        endpoint_url: Some(url.to_owned()),
        limits: Limits { attempts: 2, backoff: Duration::from_millis(2), ..Limits::default() },
        clock: Some(Arc::new(move || at)),
        seed: Some(7),
        ..Options::default()
    }
}

/// What the emulator does not know is answered as AWS would, so that the whole report has no gap of its own.
fn supply(memory: &mut Memory) {
    let ec2 = |name: &str, inner: &str| {
        Reply::new(
            200,
            "text/xml",
            format!("<{name}Response><requestId>t-1</requestId>{inner}</{name}Response>"),
        )
    };
    let json = |text: &str| Reply::new(200, "application/json", text);
    for (operation, reply) in [
        ("ec2:GetEbsDefaultKmsKeyId", ec2("GetEbsDefaultKmsKeyId", "<kmsKeyId>alias/aws/ebs</kmsKeyId>")),
        (
            "ec2:GetImageBlockPublicAccessState",
            ec2(
                "GetImageBlockPublicAccessState",
                "<imageBlockPublicAccessState>block-new-sharing</imageBlockPublicAccessState>",
            ),
        ),
        (
            "ec2:GetInstanceMetadataDefaults",
            ec2(
                "GetInstanceMetadataDefaults",
                "<accountLevel><httpTokens>required</httpTokens><httpPutResponseHopLimit>1</httpPutResponseHopLimit></accountLevel>",
            ),
        ),
        (
            "ec2:GetSerialConsoleAccessStatus",
            ec2(
                "GetSerialConsoleAccessStatus",
                "<serialConsoleAccessEnabled>false</serialConsoleAccessEnabled>",
            ),
        ),
        (
            "ec2:GetSnapshotBlockPublicAccessState",
            ec2("GetSnapshotBlockPublicAccessState", "<state>unblocked</state>"),
        ),
        (
            "ec2:DescribeRegions",
            ec2(
                "DescribeRegions",
                "<regionInfo><item><regionName>eu-west-1</regionName></item><item><regionName>us-east-1</regionName></item></regionInfo>",
            ),
        ),
        ("lambda:GetRuntimeManagementConfig", json(r#"{"UpdateRuntimeOn":"Auto","FunctionArn":"arn:f"}"#)),
        ("wafv2:ListResourcesForWebACL", json(r#"{"ResourceArns":[]}"#)),
        ("accessanalyzer:ListAnalyzers", json(r#"{"analyzers":[]}"#)),
        ("codebuild:ListSourceCredentials", json(r#"{"sourceCredentialsInfos":[]}"#)),
        (
            "elasticache:DescribeServerlessCaches",
            ec2(
                "DescribeServerlessCaches",
                "<DescribeServerlessCachesResult><ServerlessCaches/></DescribeServerlessCachesResult>",
            ),
        ),
        (
            "inspector2:BatchGetAccountStatus",
            json(
                r#"{"accounts":[{"accountId":"111122223333","resourceState":{"ec2":{"status":"ENABLED"},"ecr":{"status":"DISABLED"},"lambda":{"status":"DISABLED"}}}]}"#,
            ),
        ),
        ("ssm:DescribeInstanceInformation", json(r#"{"InstanceInformationList":[]}"#)),
        (
            "ssm:GetServiceSetting",
            json(
                r#"{"ServiceSetting":{"SettingId":"/ssm/documents/console/public-sharing-permission","SettingValue":"Enable"}}"#,
            ),
        ),
        ("ssm:ListResourceComplianceSummaries", json(r#"{"ResourceComplianceSummaryItems":[]}"#)),
    ] {
        let mut known = 0;
        for exchange in memory.of(operation) {
            exchange.reply = reply.clone();
            known += 1;
        }
        assert!(known > 0, "{operation} is no longer asked");
    }
    // Questions about single assets that the emulator cannot answer for all.
    let absent = r#"{"__type":"ResourceNotFoundException","message":"there is none"}"#;
    let clusters = "<DescribeCacheClustersResult><CacheClusters><CacheCluster><CacheClusterId>member</CacheClusterId></CacheCluster></CacheClusters></DescribeCacheClustersResult>";
    for (operation, reply) in [
        ("backup:GetBackupVaultAccessPolicy", Reply::new(400, "application/json", absent)),
        ("backup:ListProtectedResourcesByBackupVault", json(r#"{"Results":[]}"#)),
        ("elasticache:DescribeCacheClusters", ec2("DescribeCacheClusters", clusters)),
        ("macie2:GetAutomatedDiscoveryConfiguration", json(r#"{"status":"DISABLED"}"#)),
        ("securityhub:GetEnabledStandards", json(r#"{"StandardsSubscriptions":[]}"#)),
        ("sagemaker:ListTags", json(r#"{"Tags":[]}"#)),
    ] {
        for exchange in memory.of(operation).filter(|exchange| exchange.reply.status >= 400) {
            exchange.reply = reply.clone();
        }
    }
    memory.of("iam:GetCredentialReport").for_each(add_root_user);
    // The emulator lists access points in every region, AWS in their own.
    for exchange in memory.of("s3control:ListAccessPoints") {
        if exchange.request.region() != REGION {
            let text = String::from_utf8(exchange.reply.body.clone()).unwrap();
            let (before, rest) = text.split_once("<AccessPointList>").unwrap();
            let (_, after) = rest.split_once("</AccessPointList>").unwrap();
            exchange.reply.body = format!("{before}<AccessPointList/>{after}").into_bytes();
        }
    }
}

/// The emulator's credential report leaves the root user out.
fn add_root_user(exchange: &mut Exchange) {
    let text = String::from_utf8(exchange.reply.body.clone()).unwrap();
    let (before, rest) = text.split_once("<Content>").unwrap();
    let (content, after) = rest.split_once("</Content>").unwrap();
    let mut report = String::from_utf8(STANDARD.decode(content.trim()).unwrap()).unwrap();
    let columns = report.lines().next().unwrap().split(',');
    let row: Vec<&str> = columns
        .map(|column| match column {
            "user" => "<root_account>",
            "arn" => "arn:aws:iam::111122223333:root",
            "user_creation_time" => "2020-01-01T00:00:00+00:00",
            "password_enabled" | "password_last_changed" => "not_supported",
            "password_last_used" => "no_information",
            "password_next_rotation" => "not_supported",
            column if column.ends_with("_active") => "false",
            _ => "N/A",
        })
        .collect();
    report.push_str(if report.ends_with('\n') { "" } else { "\n" });
    report.push_str(&row.join(","));
    exchange.reply.body =
        format!("{before}<Content>{}</Content>{after}", STANDARD.encode(report)).into_bytes();
}

struct Run {
    report: Report,
    exit: Exit,
    exit_if_strict: Exit,
}

/// Collects and assesses, all the way that the binary goes.
fn assess(
    reciter: &Arc<Reciter>,
    content: &Content,
    credentials: &Credentials,
    at: SystemTime,
) -> Result<Run, Failure> {
    let port = Port::open(Arc::clone(reciter));
    let options = options(&port.url(), credentials, at);
    let evidence = collect_evidence(options, Vec::new(), content, None, true)?;
    let gathered = Gathered::from_evidence(&[evidence.reader()?])?;
    let settings = Settings::default();
    let now = Timestamp::try_from(at).unwrap();
    let filter = partywall::Filter::default();
    let basis = Basis { content, settings: &settings, filter: &filter, frameworks: None, now, quiet: true };
    assess_evidence(&basis, gathered, None, |judged| {
        let mut json = Vec::new();
        partywall_report::json::write(&judged.document, &mut json)?;
        Ok(Run {
            report: Report::read(&json),
            exit: judged.exit(Severity::High, Precedence::Findings),
            exit_if_strict: judged.exit(Severity::High, Precedence::Incompleteness),
        })
    })
}

fn nothing_looks_better_under(faults: &[Fault]) {
    let recorded = &*RECORDED;
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let found = compare(recorded, fault);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Everything that is wrong with a run under a fault.
fn compare(recorded: &Recorded, fault: &Fault) -> Vec<String> {
    let reciter = Reciter::new(&recorded.memory, Some(fault.clone()));
    let run = match assess(&reciter, &recorded.content, &recorded.credentials, recorded.at) {
        Ok(run) => run,
        Err(failure) => return vec![format!("{} {:?}: no answer: {failure}", fault.operation, fault.kind)],
    };
    let mut wrong = Vec::new();
    wrong.extend(reciter.strangers().into_iter().map(|question| format!("asked anew: {question}")));
    wrong.extend(run.report.problems.iter().map(|p| format!("a problem: {}: {}", p.subject, p.message)));
    verdicts(&recorded.whole, &run.report, &mut wrong);
    scores(&recorded.whole, &run.report, &mut wrong);
    if !run.report.incomplete.is {
        wrong.push("the report says that it is complete".to_owned());
    }
    if run.exit_if_strict != Exit::Incomplete {
        wrong.push(format!("under --strict it ends with {:?}", run.exit_if_strict));
    }
    if run.exit == Exit::Fine {
        wrong.push("it ends as if all were fine".to_owned());
    }
    let (service, name) = fault.operation.split_once(':').unwrap();
    let (action, code) = (action_of(service, name), code(recorded, fault));
    let reads: BTreeSet<(&str, &str)> =
        run.report.unknown_reads.iter().map(|read| (&*read.operation, &*read.code)).collect();
    if !reads.contains(&(&*action, code)) {
        wrong.push(format!("{action} {code} is not among the unknown reads {reads:?}"));
    }
    wrong.into_iter().map(|wrong| format!("{} {:?}: {wrong}", fault.operation, fault.kind)).collect()
}

/// The code that the report must give.
fn code(recorded: &Recorded, fault: &Fault) -> &'static str {
    let exchange = recorded.memory.exchanges.values().find(|exchange| exchange.operation == fault.operation);
    let form = exchange.unwrap_or_else(|| panic!("{} is not asked", fault.operation)).form;
    match fault.kind {
        FaultKind::Refused => form.refusal_code(),
        FaultKind::Throttled => form.throttle_code(),
        FaultKind::CutOnSecondPage => "ConnectionFailed",
    }
}

/// A verdict stays or becomes unknown; it goes only where a placeholder with an unknown stands in its place.
fn verdicts(whole: &Report, partly: &Report, wrong: &mut Vec<String>) {
    let now = partly.verdicts();
    for ((check, asset), before) in whole.verdicts() {
        let Some(after) = now.get(&(check, asset)) else {
            if !has_stand_in(whole.asset(asset).unwrap(), check, partly) {
                wrong.push(format!("{check} on {asset} disappeared (`{}`)", before.verdict));
            }
            continue;
        };
        if after.verdict != before.verdict && after.verdict != "unknown" {
            wrong.push(format!("{check} on {asset}: `{}` became `{}`", before.verdict, after.verdict));
        }
        // The region is part of a finding's identity, `unset` where it was not seen.
        let seen_where = partly.asset(asset).unwrap().region.is_some();
        if after.fingerprint != before.fingerprint && seen_where {
            wrong.push(format!("{check} on {asset} has another fingerprint"));
        }
    }
    for placeholder in partly.assets.iter().filter(|asset| asset.placeholder) {
        let known = partly.findings.iter().filter(|f| f.asset == placeholder.id && f.verdict != "unknown");
        wrong.extend(known.map(|f| format!("{} on {}: `{}`", f.check, f.asset, f.verdict)));
    }
}

/// Whether a placeholder of an asset's population has an unknown of a check.
fn has_stand_in(gone: &Asset, check: &str, partly: &Report) -> bool {
    partly.assets.iter().filter(|asset| asset.placeholder && asset.kind == gone.kind).any(|asset| {
        // What belongs to the provider, such as its own policies, is listed by the account that asks.
        let is_its_population = gone.account.is_none() || asset.account == gone.account;
        let finding = partly.findings.iter().find(|f| f.asset == asset.id && f.check == check);
        is_its_population && finding.is_some_and(|finding| finding.verdict == "unknown")
    })
}

fn scores(whole: &Report, partly: &Report, wrong: &mut Vec<String>) {
    let now = partly.figures();
    for (name, before) in whole.figures() {
        match now.get(&name) {
            None => wrong.push(format!("{name} is no longer scored")),
            Some(after) => {
                if after.lo > before.lo + ROUNDING {
                    wrong.push(format!("{name}: lo rose from {:.4} to {:.4}", before.lo, after.lo));
                }
                if after.level > before.level {
                    wrong.push(format!("{name}: the level rose from {} to {}", before.level, after.level));
                }
                if after.hi < before.hi - ROUNDING {
                    wrong.push(format!("{name}: hi fell from {:.4} to {:.4}", before.hi, after.hi));
                }
            }
        }
    }
    let before = whole.figures();
    let new = now.keys().filter(|name| !before.contains_key(*name));
    wrong.extend(new.map(|name| format!("{name} is scored where it was not")));
}
