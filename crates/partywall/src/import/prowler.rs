//! Reads what Prowler writes: `*.ocsf.json` (an array of OCSF detection findings) and `*.csv` (with semicolons).
//!
//! Both are read in one pass and never held whole. Of fields that are not needed nothing is kept.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use partywall_model::Severity;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::{Foreign, Outcome};

/// The scanner's id, which begins those of its checks here.
pub const ID: &str = "prowler";
/// A larger file is refused, in bytes.
const BYTES: u64 = 2 << 30;
/// More findings than this in a file are refused.
const FINDINGS: usize = 2_000_000;
/// Texts are cut at so many characters.
const TEXT: usize = 2_000;
/// What some editors put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why a file is no import.
#[derive(Debug, thiserror::Error)]
#[error("cannot import `{file}`: {message}")]
pub struct ImportError {
    file: PathBuf,
    message: String,
}

/// Reads a file and hands over each finding.
///
/// # Errors
/// A file that cannot be opened, is too large, or is in neither form, and a finding that is dated after `latest`; the
/// place of the mistake is named.
pub fn read(file: &Path, latest: Timestamp, take: &mut dyn FnMut(Foreign)) -> Result<(), ImportError> {
    let refuse = |message: String| ImportError { file: file.to_owned(), message };
    let opened = File::open(file).map_err(|error| refuse(error.to_string()))?;
    // A pipe has no size beforehand: one byte more than may be shows that it is too large.
    let mut limited = opened.take(BYTES + 1);
    let read = read_from(BufReader::new(&mut limited), latest, take);
    if limited.limit() == 0 {
        return Err(refuse(format!("it has more than {BYTES} bytes; import it in parts")));
    }
    read.map_err(refuse)
}

/// The same for what was opened already.
///
/// # Errors
/// Text that is in neither form, with line and column.
pub fn read_from(
    mut text: impl BufRead,
    latest: Timestamp,
    take: &mut dyn FnMut(Foreign),
) -> Result<(), String> {
    if text.fill_buf().map_err(|error| error.to_string())?.starts_with(BYTE_ORDER_MARK) {
        text.consume(BYTE_ORDER_MARK.len());
    }
    let start = text.fill_buf().map_err(|error| error.to_string())?;
    match start.iter().copied().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => ocsf(text, latest, take),
        Some(_) => csv(text, latest, take),
        None => {
            Err("it is empty; expected is what Prowler writes with `-M json-ocsf` or `-M csv`".to_owned())
        }
    }
}

/// A detection finding, as far as it is read.
#[derive(Deserialize)]
struct Detection {
    metadata: Metadata,
    finding_info: Info,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    status: String,
    status_code: String,
    #[serde(default)]
    status_detail: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    cloud: Option<Cloud>,
    #[serde(default)]
    time_dt: Option<String>,
    #[serde(default)]
    time: Option<i64>,
}

#[derive(Deserialize)]
struct Metadata {
    event_code: String,
    product: Product,
}

#[derive(Deserialize)]
struct Product {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    title: String,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    uid: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    region: Option<String>,
}

#[derive(Deserialize)]
struct Cloud {
    #[serde(default)]
    account: Option<CloudAccount>,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    region: Option<String>,
}

#[derive(Deserialize)]
struct CloudAccount {
    #[serde(default)]
    uid: Option<String>,
}

fn ocsf(text: impl Read, latest: Timestamp, take: &mut dyn FnMut(Foreign)) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_reader(text);
    json.deserialize_seq(Each { latest, take }).and_then(|()| json.end()).map_err(|error| error.to_string())
}

/// Takes the elements of an array one by one.
struct Each<'t> {
    latest: Timestamp,
    take: &'t mut dyn FnMut(Foreign),
}

impl<'de> Visitor<'de> for Each<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of OCSF detection findings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        let mut count = 0;
        while let Some(detection) = all.next_element::<Detection>()? {
            count += 1;
            if count > FINDINGS {
                return Err(serde::de::Error::custom(too_many()));
            }
            for foreign in detection.foreign(self.latest).map_err(serde::de::Error::custom)? {
                (self.take)(foreign);
            }
        }
        Ok(())
    }
}

impl Detection {
    /// One finding for each of its resources.
    fn foreign(self, latest: Timestamp) -> Result<Vec<Foreign>, String> {
        if !self.metadata.product.name.eq_ignore_ascii_case(ID) {
            return Err(format!(
                "the finding is of `{}`, and only Prowler's are known",
                self.metadata.product.name
            ));
        }
        let cloud = self.cloud.as_ref();
        of_aws(cloud.and_then(|cloud| cloud.provider.as_deref()).unwrap_or("aws"))?;
        let outcome = outcome(&self.status_code)?;
        let account =
            cloud.and_then(|cloud| cloud.account.as_ref()).and_then(|account| account.uid.as_deref());
        let at = self.time_dt.as_deref().and_then(moment);
        let at = at.or_else(|| self.time.and_then(|seconds| Timestamp::from_second(seconds).ok()));
        not_after(latest, at)?;
        let told = self.status_detail.as_deref().or(self.message.as_deref()).unwrap_or_default();
        let one = |resource: &Resource| Foreign {
            version: cut(&self.metadata.product.version),
            check: cut(&self.metadata.event_code),
            title: cut(&self.finding_info.title),
            outcome,
            muted: self.status.eq_ignore_ascii_case("suppressed"),
            severity: severity(&self.severity),
            account: cut(account.unwrap_or_default()),
            region: cut(resource
                .region
                .as_deref()
                .or(cloud.and_then(|cloud| cloud.region.as_deref()))
                .unwrap_or_default()),
            resource: cut(&resource.uid),
            name: cut(resource.name.as_deref().unwrap_or_default()),
            told: cut(told),
            at,
        };
        let nowhere = [Resource { uid: String::new(), name: None, region: None }];
        let resources = if self.resources.is_empty() { &nowhere[..] } else { &self.resources };
        Ok(resources.iter().map(one).collect())
    }
}

/// A row, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Row {
    check_id: String,
    check_title: String,
    status: String,
    status_extended: String,
    #[serde(default)]
    muted: String,
    severity: String,
    account_uid: String,
    region: String,
    resource_uid: String,
    resource_name: String,
    provider: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    prowler_version: String,
}

fn csv(text: impl Read, latest: Timestamp, take: &mut dyn FnMut(Foreign)) -> Result<(), String> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text);
    for (count, row) in reader.deserialize::<Row>().enumerate() {
        if count >= FINDINGS {
            return Err(too_many());
        }
        let row = row.map_err(|error| error.to_string())?;
        let place = |message: String| format!("row {}: {message}", count + 1);
        of_aws(&row.provider).map_err(place)?;
        let at = moment(&row.timestamp);
        not_after(latest, at).map_err(place)?;
        take(Foreign {
            version: cut(&row.prowler_version),
            check: cut(&row.check_id),
            title: cut(&row.check_title),
            outcome: outcome(&row.status).map_err(place)?,
            muted: row.muted.eq_ignore_ascii_case("true"),
            severity: severity(&row.severity),
            account: cut(&row.account_uid),
            region: cut(&row.region),
            resource: cut(&row.resource_uid),
            name: cut(&row.resource_name),
            told: cut(&row.status_extended),
            at,
        });
    }
    Ok(())
}

fn too_many() -> String {
    format!("it has more than {FINDINGS} findings; import it in parts")
}

fn not_after(latest: Timestamp, at: Option<Timestamp>) -> Result<(), String> {
    match at {
        Some(at) if at > latest => Err(format!("the finding is dated {at}, which is still to come")),
        _ => Ok(()),
    }
}

fn of_aws(provider: &str) -> Result<(), String> {
    if provider.eq_ignore_ascii_case("aws") {
        return Ok(());
    }
    Err(format!("the finding is about `{provider}`, and only findings about AWS can be imported"))
}

/// Whether somebody muted a failure is said beside its status; older versions say it instead.
fn outcome(status: &str) -> Result<Outcome, String> {
    match status.to_ascii_uppercase().as_str() {
        "PASS" => Ok(Outcome::Pass),
        "FAIL" | "MUTED" => Ok(Outcome::Fail),
        "MANUAL" => Ok(Outcome::Manual),
        _ => Err(format!("`{status}` is no status of a finding: PASS, FAIL, MANUAL or MUTED is expected")),
    }
}

/// A severity that is not known counts as medium, so that a failure keeps some weight.
fn severity(word: &str) -> Severity {
    match word.to_ascii_lowercase().as_str() {
        "critical" | "fatal" => Severity::Critical,
        "high" => Severity::High,
        "low" => Severity::Low,
        "informational" | "info" => Severity::Info,
        _ => Severity::Medium,
    }
}

/// Times come with an offset or without one, and are then UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let local = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse().ok().or_else(local)
}

fn cut(text: &str) -> Box<str> {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => text.get(..end).unwrap_or(text).into(),
        None => text.into(),
    }
}
