//! Collects what the credentials of the environment can see, and prints how many assets of each kind there are.
//!
//! ```sh
//! cargo run -p partywall-aws --example collect -- content [REGION …]
//! ```
//!
//! The assets themselves go to standard output as JSON lines when `COLLECT_RECORDS` is set. `COLLECT_ROLE` names a
//! role to assume first.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::Path;

use partywall_aws::collector::{Quiet, Selection, collect};
use partywall_aws::{Client, Options, Role};
use partywall_content::load::{Content, Files, load};
use partywall_model::{EvidenceRecord, ListingOutcome, Region};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name the content folder")?;
    let regions: Vec<Region> = arguments.map(Region::from).collect();
    let mut files = Files::read(Path::new(&folder))?;
    files.0.retain(|path, _| path.starts_with("collect/aws/"));
    let loaded = load(&files, Content::default());
    for problem in &loaded.problems {
        eprintln!("{}: {}", problem.subject, problem.message);
    }

    let role = std::env::var("COLLECT_ROLE").ok().map(|arn| Role { arn, external_id: None });
    let client = Client::connect(Options { role, ..Options::default() }).await?;
    let print = std::env::var_os("COLLECT_RECORDS").is_some();
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut incomplete = Vec::new();
    let mut unknown: BTreeMap<String, u64> = BTreeMap::new();
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let mut sink = |record: EvidenceRecord| {
        if print {
            serde_json::to_writer(&mut out, &record)?;
            out.write_all(b"\n")?;
        }
        match record {
            EvidenceRecord::Asset(asset) => {
                let region = asset.region.as_ref().map(ToString::to_string).unwrap_or_default();
                *counts.entry((region, asset.kind.to_string())).or_default() += 1;
                asset.properties.visit_unknowns(&mut |path, why| {
                    *unknown.entry(format!("{} {path}: {why}", asset.kind)).or_default() += 1;
                });
            }
            EvidenceRecord::Listing(listing) => {
                if let ListingOutcome::Incomplete(why) = listing.outcome {
                    incomplete.push(format!("{} {}: {why}", listing.region, listing.kind));
                }
            }
        }
        Ok(())
    };
    let selection = Selection { regions, services: Vec::new() };
    let collected = collect(&client, &loaded.content.collectors, &selection, &mut sink, &Quiet).await?;
    out.flush()?;
    drop(out);

    let total: u64 = counts.values().sum();
    for ((region, kind), count) in &counts {
        eprintln!("{count:6}  {region:12} {kind}");
    }
    eprintln!("{total:6}  assets in account {}", collected.identity.account);
    for (line, count) in &unknown {
        eprintln!("unknown: {count} × {line}");
    }
    for line in incomplete {
        eprintln!("incomplete: {line}");
    }
    for problem in &collected.problems {
        eprintln!("problem: {}: {}", problem.subject, problem.message);
    }
    Ok(())
}
