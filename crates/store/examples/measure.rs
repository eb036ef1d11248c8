//! Measures this crate on made-up input: `measure write N FOLDER`, `measure read FOLDER`,
//! `measure record N FILE`, `measure state FILE`, `measure prune N FILE`. Prints wall time and, on Linux, the largest memory.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use partywall_model::{
    Asset, AssetId, EvidenceRecord, Fingerprint, Node, Provider, Severity, Source, Why, WhyKind,
};
use partywall_store::evidence::{EvidenceReader, EvidenceWriter, Existing, Footer, Header, Tool};
use partywall_store::history::{
    AssetRow, FindingRow, Keep, Outcome, RunId, RunRecord, Signature, SqliteStore, Store, compare,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let began = Instant::now();
    match arguments.as_slice() {
        ["write", count, folder] => write(count.parse()?, Path::new(folder))?,
        ["read", folder] => read(Path::new(folder))?,
        ["record", count, file] => record(count.parse()?, Path::new(file))?,
        ["prune", count, file] => prune(count.parse()?, Path::new(file))?,
        ["state", file] => state(Path::new(file))?,
        _ => {
            return Err(
                "measure write N FOLDER | read FOLDER | record N FILE | state FILE | prune N FILE".into()
            );
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: not known here");
    println!("{:.2} s, {}", began.elapsed().as_secs_f64(), peak.replace('\t', " "));
    Ok(())
}

fn write(count: u64, folder: &Path) -> Result<(), Box<dyn Error>> {
    let tool = Tool { name: "measure".into(), version: "0".into() };
    let header = Header { tool, provider: Provider::Aws, started_at: Timestamp::UNIX_EPOCH };
    let mut writer = EvidenceWriter::create(folder, Existing::Refuse, header)?;
    for number in 0..count {
        writer.add(&EvidenceRecord::Asset(Box::new(instance(number))))?;
    }
    let saved = writer.finish(Footer {
        finished_at: Timestamp::UNIX_EPOCH,
        complete: true,
        accounts: vec![],
        regions: vec![],
        regions_not_scanned: vec![],
        tallies: vec![],
        problems: vec![],
    })?;
    let sum = |of: fn(&partywall_store::evidence::FileEntry) -> u64| {
        saved.manifest().files.iter().map(of).sum::<u64>()
    };
    println!(
        "{} files, {} bytes, {} unpacked",
        saved.manifest().files.len(),
        sum(|it| it.bytes),
        sum(|it| it.uncompressed_bytes)
    );
    Ok(())
}

fn instance_id(number: u128) -> AssetId {
    format!("arn:aws:ec2:eu-west-1:111122223333:instance/i-{number:017x}").into()
}

/// An asset of about 4 KB with a hundred properties, some of them unknown.
fn instance(number: u64) -> Asset {
    let mut asset = Asset::new(
        Provider::Aws,
        "AWS::EC2::Instance",
        format!("arn:aws:ec2:eu-west-1:111122223333:instance/i-{number:017x}"),
    );
    asset.account = Some(format!("{:012}", number % 30).into());
    asset.region = Some(format!("eu-west-{}", number / 30 % 3).into());
    asset.tags.insert("Name".into(), format!("worker-{number}").into());
    for (at, word) in
        ["Configuration", "NetworkInterface", "MetadataOptions", "BlockDeviceMapping"].iter().enumerate()
    {
        for part in 0..6 {
            let path = format!("{word}{part}");
            asset
                .properties
                .insert_at(&format!("{path}.Id"), format!("eni-{:017x}", number * 31 + part).into());
            asset.properties.insert_at(&format!("{path}.Enabled"), Node::Bool(part % 2 == 0));
            asset
                .properties
                .insert_at(&format!("{path}.Size"), Node::Int((number % 1000 + at as u64) as i64));
            asset
                .properties
                .insert_at(&format!("{path}.Address"), format!("10.{}.{}.{part}", number % 250, at).into());
        }
    }
    let why = Why::new(WhyKind::Refused, "ec2:DescribeInstanceAttribute").with_code("UnauthorizedOperation");
    asset.properties.insert_at("UserData", Node::unknown(why));
    let rules = (0..14).map(|rule| {
        let mut entry = Node::map();
        entry.insert_at("CidrIp", format!("192.0.2.{}/32", (number + rule) % 256).into());
        entry.insert_at("FromPort", Node::Int(22 + rule as i64));
        entry.insert_at("IpProtocol", "tcp".into());
        entry.insert_at("Description", "from the office, by ticket".into());
        entry
    });
    asset.properties.insert_at("Rules", Node::List(rules.collect()));
    for path in ["", "UserData", "Observed", "Rules"] {
        asset
            .provenance
            .add(path, Source::Call { operation: "ec2:DescribeInstances".into(), at: Timestamp::UNIX_EPOCH });
    }
    asset
}

fn read(folder: &Path) -> Result<(), Box<dyn Error>> {
    let reader = EvidenceReader::open(folder)?;
    let (mut assets, mut unknown) = (0u64, 0u64);
    for record in reader.records() {
        if let EvidenceRecord::Asset(asset) = record? {
            assets += 1;
            unknown += u64::from(asset.properties.at("UserData").is_unknown());
        }
    }
    println!("{assets} assets, {unknown} with an unknown");
    Ok(())
}

fn record(count: u128, file: &Path) -> Result<(), Box<dyn Error>> {
    let mut store = SqliteStore::open(file)?;
    let before = store.runs()?.len() as i64;
    let assets = (0..count / 4).map(|number| AssetRow {
        asset: instance_id(number),
        kind: "AWS::EC2::Instance".into(),
        account: Some("111122223333".into()),
        region: Some("eu-west-1".into()),
        signature: usize::try_from(number % 300).unwrap_or(0),
    });
    let run = RunRecord {
        id: RunId::new(format!("run {before}")),
        taken_at: Timestamp::from_second(before * 86_400)?,
        tool_version: "0".into(),
        complete: true,
        accounts: vec!["111122223333".into()],
        overall: None,
        layers: vec![],
        controls: vec![],
        populations: vec![],
        signatures: vec![Signature::default(); 300],
        assets: assets.collect(),
    };
    let mut findings = (0..count).map(|number| FindingRow {
        fingerprint: Fingerprint(
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes(),
        ),
        check: format!("check-{}", number % 100).into(),
        control: format!("layer.control-{}", number % 45).into(),
        asset: instance_id(number / 4),
        outcome: if (number % 100 + before as u128).is_multiple_of(33) {
            Outcome::Fail
        } else {
            Outcome::Pass
        },
        severity: Severity::Medium,
        why: "".into(),
    });
    store.record_run(&run, &mut findings)?;
    let last = store.runs()?.into_iter().next().ok_or("the run is not there")?;
    println!(
        "{} findings, {} failing, {} bytes",
        last.findings,
        last.failing,
        std::fs::metadata(file)?.len()
    );
    Ok(())
}

/// Puts the last two runs together and compares them.
fn state(file: &Path) -> Result<(), Box<dyn Error>> {
    let store = SqliteStore::open(file)?;
    let mut states = Vec::new();
    for run in store.runs()?.iter().take(2) {
        states.extend(store.state(&run.id)?);
    }
    let [after, before] = states.as_slice() else { return Err("there are not two runs".into()) };
    let comparison = compare(before, after);
    println!(
        "{} new, {} fixed, {} reopened",
        comparison.new.len(),
        comparison.fixed.len(),
        comparison.reopened.len()
    );
    Ok(())
}

fn prune(runs: u32, file: &Path) -> Result<(), Box<dyn Error>> {
    let pruned = SqliteStore::open(file)?.prune(&Keep { runs: Some(runs), since: None })?;
    println!("{} runs, {} findings taken out", pruned.runs, pruned.findings);
    Ok(())
}
