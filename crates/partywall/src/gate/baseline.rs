//! A baseline: what an earlier gate found, so that only what is new counts.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use partywall_report::gate::{FORMAT, GateFinding, GateState};
use serde::Deserialize;

use crate::exit::Failure;

/// A baseline larger than this is refused, in bytes.
const LIMIT: u64 = 256 << 20;

/// The fingerprints of failures that are known.
#[derive(Debug)]
pub(super) struct Baseline(HashSet<Box<str>>);

#[derive(Deserialize)]
struct Earlier {
    format: Box<str>,
    findings: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    state: Box<str>,
    fingerprint: Box<str>,
}

impl Baseline {
    /// Reads what `--format json` wrote.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let refuse = |why: String| {
            let path = path.display();
            Failure::Usage(format!(
                "cannot read the baseline `{path}`: {why}; `partywall gate --format json -o {path}` writes one"
            ))
        };
        let file = File::open(path).map_err(|error| refuse(error.to_string()))?;
        let mut text = Vec::new();
        file.take(LIMIT + 1).read_to_end(&mut text).map_err(|error| refuse(error.to_string()))?;
        if text.len() as u64 > LIMIT {
            return Err(refuse(format!("it is larger than {LIMIT} bytes")));
        }
        let earlier: Earlier = serde_json::from_slice(&text).map_err(|error| refuse(error.to_string()))?;
        if *earlier.format != *FORMAT {
            return Err(refuse(format!("it is of the form `{}`, not `{FORMAT}`", earlier.format)));
        }
        let fails = earlier.findings.into_iter().filter(|known| matches!(&*known.state, "fail" | "known"));
        Ok(Self(fails.map(|known| known.fingerprint).collect()))
    }

    /// Marks what it knows. What has been accepted stays so.
    pub(super) fn mark(&self, findings: &mut [GateFinding<'_>]) {
        for finding in findings.iter_mut().filter(|finding| finding.state == GateState::Fail) {
            if self.0.contains(&finding.fingerprint) {
                finding.state = GateState::Known;
            }
        }
    }
}
