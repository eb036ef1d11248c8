//! The pages of every asset of an estate, in files of a folder.
//!
//! Assets of one kind stand together, so many to a file, and each file says once who holds what for those that
//! are set up alike: a hundred thousand assets are a thousand files, not a hundred thousand.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partywall_ssrm::LineSet;
use sha2::{Digest, Sha256};

use super::STYLE;
use super::assets::{self, AssetLine, AssetPage, Shown};
use crate::document::Document;
use crate::words::counted;

/// Assets in one file at most.
const TOGETHER: usize = 100;
/// The page of the whole, seen from a file of assets.
const INDEX: &str = "../index.html";

/// Which asset stands in which file.
pub(super) struct Folder {
    files: Vec<AssetFile>,
    /// Positions of assets, file by file.
    order: Vec<usize>,
    /// The file of each asset, by its position in the estate.
    file_of: Vec<usize>,
    /// Positions of verdicts, asset by asset.
    findings: Vec<u32>,
    /// Where the verdicts of each asset begin; one more than there are assets.
    begins: Vec<u32>,
}

/// One file.
struct AssetFile {
    name: String,
    kind: Box<str>,
    /// A part of the order.
    part: Range<usize>,
}

impl Folder {
    pub(super) fn of(document: &Document<'_>) -> Self {
        let assets = document.assessment.estate().assets();
        let kind = |at: &usize| assets.get(*at).map_or("", |asset| asset.kind.as_str());
        let mut order: Vec<usize> = (0..assets.len()).collect();
        // Stable: assets of a kind stay in the order of the estate.
        order.sort_by(|a, b| kind(a).cmp(kind(b)));
        let (mut files, mut file_of, mut start): (Vec<AssetFile>, _, _) =
            (Vec::new(), vec![0; assets.len()], 0);
        for of_kind in order.chunk_by(|a, b| kind(a) == kind(b)) {
            let kind = of_kind.first().map_or("", kind);
            for (number, together) in of_kind.chunks(TOGETHER).enumerate() {
                for at in together {
                    if let Some(file) = file_of.get_mut(*at) {
                        *file = files.len();
                    }
                }
                let part = start..start + together.len();
                start = part.end;
                let name = format!("{}-{}.html", file_name(kind), number + 1);
                files.push(AssetFile { name, kind: kind.into(), part });
            }
        }
        let (findings, begins) = by_asset(document);
        Self { files, order, file_of, findings, begins }
    }

    /// The page of an asset, from a file of assets.
    pub(super) fn page(&self, document: &Document<'_>, asset: &str) -> Option<String> {
        let estate = document.assessment.estate();
        let at = estate.position(asset)?;
        let file = self.files.get(*self.file_of.get(at)?)?;
        Some(format!("{}#{}", file.name, assets::name(estate.assets().get(at)?)))
    }

    /// Kinds, how many assets they have, and their files, from the page of the whole.
    pub(super) fn kinds(&self) -> Vec<(&str, String, Vec<String>)> {
        let mut kinds = Vec::new();
        for files in self.files.chunk_by(|a, b| a.kind == b.kind) {
            let Some(first) = files.first() else { continue };
            let count = files.iter().map(|file| file.part.len()).sum();
            let names = files.iter().map(|file| format!("assets/{}", file.name));
            kinds.push((&*first.kind, counted(count, "asset"), names.collect()));
        }
        kinds
    }

    /// Writes every file.
    pub(super) fn write(&self, document: &Document<'_>, folder: &Path) -> io::Result<()> {
        for (at, file) in self.files.iter().enumerate() {
            let mut out = BufWriter::new(File::create(folder.join(&file.name))?);
            self.write_file(document, at, file, &mut out)?;
            out.flush()?;
        }
        Ok(())
    }

    fn write_file(
        &self,
        document: &Document<'_>,
        at: usize,
        file: &AssetFile,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let name = |at: usize| self.files.get(at).map(|file| file.name.as_str());
        let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        let head = FileHead {
            policy: format!(
                "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
            ),
            style: STYLE,
            title: format!("{}: {}", file.kind, counted(file.part.len(), "asset")),
            before: at.checked_sub(1).and_then(name),
            after: name(at + 1),
        };
        head.write_into(out)?;
        let mut setups: Vec<&LineSet> = Vec::new();
        for at in self.order.get(file.part.clone()).unwrap_or_default() {
            let Some(set) = document.assessment.status.lines.get(*at) else { continue };
            let setup = setups.iter().position(|known| known.is_same(set)).unwrap_or(setups.len());
            if setup == setups.len() {
                setups.push(set);
            }
            let link = |to: &str| self.page(document, to);
            let shown = Shown { at: *at, findings: self.findings_of(*at) };
            if let Some(page) = AssetPage::of(document, &shown, INDEX, Some(setup + 1), link) {
                page.write_into(out)?;
            }
        }
        for (number, set) in setups.into_iter().enumerate() {
            let (lines, none) = assets::lines(document, set);
            Setup { base: INDEX, number: number + 1, label: &file.kind, lines, none }.write_into(out)?;
        }
        out.write_all(b"</main>\n</body>\n</html>\n")
    }

    fn findings_of(&self, asset: usize) -> Vec<usize> {
        let part = self.begins.get(asset).zip(self.begins.get(asset + 1));
        let findings = part.and_then(|(from, to)| self.findings.get(*from as usize..*to as usize));
        findings.unwrap_or_default().iter().map(|at| *at as usize).collect()
    }
}

/// The positions of verdicts asset by asset, and where those of each asset begin.
fn by_asset(document: &Document<'_>) -> (Vec<u32>, Vec<u32>) {
    let estate = document.assessment.estate();
    let verdicts = document.assessment.findings();
    let mut begins: Vec<u32> = vec![0; estate.assets().len() + 1];
    let owners = || verdicts.iter().map(|finding| estate.position(finding.asset.as_str()));
    for asset in owners().flatten() {
        if let Some(count) = begins.get_mut(asset + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for count in &mut begins {
        sum += *count;
        *count = sum;
    }
    let mut next = begins.clone();
    let mut findings = vec![0; verdicts.len()];
    for (at, asset) in (0_u32..).zip(owners()) {
        let Some(slot) = asset.and_then(|asset| next.get_mut(asset)) else { continue };
        if let Some(place) = findings.get_mut(*slot as usize) {
            *place = at;
        }
        *slot += 1;
    }
    (findings, begins)
}

/// A kind as the name of a file: `aws-s3-bucket`.
fn file_name(kind: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let mut name: String = kind.chars().map(letter).collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    name
}

#[derive(Template)]
#[template(path = "asset-file.html")]
struct FileHead<'a> {
    policy: String,
    style: &'static str,
    title: String,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

/// Who holds what for the assets of a file that are set up alike.
#[derive(Template)]
#[template(path = "setup.html")]
struct Setup<'a> {
    base: &'static str,
    number: usize,
    label: &'a str,
    lines: Vec<AssetLine<'a>>,
    none: Vec<&'a str>,
}
