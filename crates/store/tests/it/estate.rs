//! Records to write, and ways to make evidence that no writer makes.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use partywall_model::{
    Asset, EvidenceRecord, Listing, ListingOutcome, Node, OperationTally, Population, Problem, Provider,
    Relation, Source, Why, WhyKind,
};
use partywall_store::evidence::{
    EvidenceError, EvidenceReader, EvidenceWriter, Existing, Footer, Header, Manifest, RegionNotScanned,
    SavedEvidence, ScannedAccount, Tool,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const ACCOUNT: &str = "111122223333";

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

pub(crate) fn header() -> Header {
    Header {
        tool: Tool { name: "partywall".into(), version: "0.1.0".into() },
        provider: Provider::Aws,
        started_at: at(0),
    }
}

pub(crate) fn footer() -> Footer {
    let refused = Why::new(WhyKind::Refused, "s3:GetBucketPolicy").with_code("AccessDenied");
    let throttled = Why::new(WhyKind::Throttled, "s3:GetBucketPolicy").with_code("SlowDown");
    Footer {
        finished_at: at(90),
        complete: true,
        accounts: vec![ScannedAccount { id: ACCOUNT.into(), alias: Some("bank".into()) }],
        regions: vec!["us-east-1".into(), "eu-west-1".into()],
        regions_not_scanned: vec![RegionNotScanned {
            account: None,
            region: "me-south-1".into(),
            why: Why::new(WhyKind::Unsupported, "account:ListRegions").with_message("not opted in"),
        }],
        tallies: vec![
            OperationTally {
                operation: "s3:GetBucketPolicy".into(),
                account: ACCOUNT.into(),
                region: "eu-west-1".into(),
                answered: 5,
                absent: 3,
                failed: vec![(refused, 2), (throttled, 1)],
            },
            OperationTally {
                operation: "ec2:DescribeVpcs".into(),
                account: ACCOUNT.into(),
                region: "eu-west-1".into(),
                answered: 1,
                absent: 0,
                failed: vec![],
            },
        ],
        problems: vec![Problem::new("ec2:DescribeVpcs", "the answer repeats its token")],
    }
}

pub(crate) fn bucket(name: &str, region: &str) -> EvidenceRecord {
    let call = |operation: &str| Source::Call { operation: operation.into(), at: at(7) };
    let mut asset = Asset::new(Provider::Aws, "AWS::S3::Bucket", format!("arn:aws:s3:::{name}"));
    asset.account = Some(ACCOUNT.into());
    asset.region = Some(region.into());
    asset.name = Some(name.into());
    asset.identifier = Some(name.into());
    asset.tags.insert("team".into(), "cards".into());
    asset.properties.insert_at("BucketName", name.into());
    asset.properties.insert_at("PublicAccessBlockConfiguration.BlockPublicAcls", Node::Bool(false));
    let why = Why::new(WhyKind::Refused, "s3:GetBucketPolicy").with_code("AccessDenied");
    asset.properties.insert_at("Observed.Policy", Node::unknown(why));
    asset.properties.insert_at("Rules", Node::List(vec![Node::Int(-3), Node::Float(0.1), Node::Absent]));
    asset.relations.push(Relation {
        kind: "AWS::KMS::Key".into(),
        to: "alias/cards".into(),
        by: "KeyId".into(),
    });
    asset.provenance.add("", call("s3:ListAllMyBuckets"));
    asset.provenance.add("Observed.Policy", call("s3:GetBucketPolicy"));
    EvidenceRecord::Asset(Box::new(asset))
}

pub(crate) fn listing(kind: &str, outcome: ListingOutcome) -> EvidenceRecord {
    EvidenceRecord::Listing(Listing {
        provider: Provider::Aws,
        account: ACCOUNT.into(),
        region: "eu-west-1".into(),
        kind: kind.into(),
        operation: "s3:ListAllMyBuckets".into(),
        at: at(8),
        seen: 2,
        outcome,
    })
}

/// Records of every form there is.
pub(crate) fn records() -> Vec<EvidenceRecord> {
    let mut code = Asset::new(Provider::Own, "AWS::EC2::VPC", "main.tf:vpc");
    code.provenance.add("CidrBlock", Source::Code { file: "net/main.tf".into(), span: 10..42 });
    let mut placeholder = Asset::new(Provider::Azure, "Microsoft.Storage/storageAccounts", "unlisted");
    placeholder.properties = Node::unknown(Why::new(WhyKind::NotRead, "list"));
    placeholder.population =
        Population::Refused { why: Why::new(WhyKind::NotRead, "list"), last_known: Some(4) };
    let broken_off =
        ListingOutcome::Incomplete(Why::new(WhyKind::Throttled, "ec2:DescribeVpcs").with_code("Throttling"));
    vec![
        bucket("statements", "eu-west-1"),
        bucket("card-holders", "eu-west-1"),
        bucket("logs", "us-east-1"),
        EvidenceRecord::Asset(Box::new(Asset::organisation())),
        EvidenceRecord::Asset(Box::new(code)),
        EvidenceRecord::Asset(Box::new(placeholder)),
        listing("AWS::S3::Bucket", ListingOutcome::Complete),
        listing("AWS::EC2::VPC", broken_off),
    ]
}

pub(crate) fn save(folder: &Path, records: &[EvidenceRecord]) -> Result<SavedEvidence, EvidenceError> {
    let mut writer = EvidenceWriter::create(folder, Existing::Refuse, header())?;
    for record in records {
        writer.add(record)?;
    }
    writer.finish(footer())
}

pub(crate) fn read(folder: &Path) -> Result<Vec<EvidenceRecord>, EvidenceError> {
    EvidenceReader::open(folder)?.records().collect()
}

/// Everything that can be read of a folder.
pub(crate) fn read_all(
    folder: &Path,
) -> Result<(Manifest, Vec<EvidenceRecord>, Vec<OperationTally>), EvidenceError> {
    let reader = EvidenceReader::open(folder)?;
    let records = reader.records().collect::<Result<_, _>>()?;
    let tallies = reader.tallies()?;
    Ok((reader.manifest().clone(), records, tallies))
}

/// Records in an order that does not depend on files.
pub(crate) fn sorted(mut records: Vec<EvidenceRecord>) -> Vec<EvidenceRecord> {
    records.sort_by_key(|record| serde_json::to_string(record).unwrap());
    records
}

/// All plain files under a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Evidence with digests that are right and content that is not: one record file of these bytes, and what
/// the manifest says changed by `tamper`.
pub(crate) struct Forged {
    pub(crate) compressed: Vec<u8>,
    pub(crate) uncompressed_bytes: u64,
    pub(crate) records: u64,
}

impl Forged {
    pub(crate) fn of_text(text: &[u8]) -> Self {
        Self {
            compressed: zstd::bulk::compress(text, 1).unwrap(),
            uncompressed_bytes: text.len() as u64,
            records: text.iter().filter(|byte| **byte == b'\n').count() as u64,
        }
    }

    pub(crate) fn write(&self, folder: &Path) {
        self.write_with(folder, |_| {});
    }

    pub(crate) fn write_with(&self, folder: &Path, tamper: impl FnOnce(&mut Value)) {
        let path = "records/a/b/0001.jsonl.zst";
        fs::create_dir_all(folder.join("records/a/b")).unwrap();
        fs::write(folder.join(path), &self.compressed).unwrap();
        let mut manifest = json!({
            "format": "partywall-evidence/1",
            "tool": {"name": "partywall", "version": "0.1.0"},
            "started_at": "2026-01-01T00:00:00Z",
            "finished_at": "2026-01-01T00:01:00Z",
            "complete": true,
            "provider": "aws",
            "accounts": [],
            "regions": [],
            "regions_not_scanned": [],
            "operations": {"asked": 0, "answered": 0, "absent": 0, "refused": 0, "failed": 0},
            "files": [{
                "path": path,
                "sha256": sha256(&self.compressed),
                "bytes": self.compressed.len(),
                "uncompressed_bytes": self.uncompressed_bytes,
                "records": self.records,
            }],
            "problems": [],
        });
        tamper(&mut manifest);
        write_manifest(folder, manifest.to_string().as_bytes());
    }
}

pub(crate) fn write_manifest(folder: &Path, text: &[u8]) {
    for name in ["manifest.json", "manifest.sha256"] {
        // Some file systems wait for the disk when a file is cut and written anew.
        let _absent_is_fine = fs::remove_file(folder.join(name));
    }
    fs::write(folder.join("manifest.json"), text).unwrap();
    fs::write(folder.join("manifest.sha256"), format!("{}  manifest.json\n", sha256(text))).unwrap();
}
