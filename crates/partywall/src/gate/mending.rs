//! `--fix`: the repairs that checks call safe, made in the files that were judged.
//!
//! A file is replaced whole and at once, and only if it still is what was read. What leads out of the folders that were
//! named, and what package managers have put there, is not touched.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use partywall_iac::Tree;
use partywall_iac::mend::{Target, mended};
use partywall_report::gate::{GateFinding, GateState};
use partywall_secrets::Scanner;

use super::difference::{Hidden, difference};
use crate::exit::Failure;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Mended {
    /// The differences of all files, as a patch.
    pub(super) patch: String,
    /// So many failures are mended.
    pub(super) count: usize,
    /// What was left alone, and why.
    pub(super) refused: Vec<String>,
}

/// Whether files are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Write,
    Show,
}

/// Mends the open failures for which there is a safe repair.
pub(super) fn mend(
    tree: &Tree,
    scanner: &Scanner,
    findings: &[GateFinding<'_>],
    mode: Mode,
) -> Result<Mended, Failure> {
    let mut by_file: BTreeMap<&str, Vec<&GateFinding<'_>>> = BTreeMap::new();
    let is_safe = |finding: &&GateFinding<'_>| finding.rule.is_some_and(|check| !check.fix.safe.is_empty());
    for finding in findings.iter().filter(|one| one.state == GateState::Fail).filter(is_safe) {
        by_file.entry(&finding.declared.0).or_default().push(finding);
    }
    let mut all = Mended::default();
    for (path, findings) in by_file {
        let Some(real) = tree.real(path) else { continue };
        let before = match belongs(path, real)
            .and_then(|()| tree.bytes(path).map_err(|trouble| trouble.to_string()))
        {
            Ok(before) => before,
            Err(why) => {
                all.refused.push(format!("{path}: {why}"));
                continue;
            }
        };
        let after = all.file(path, &before, findings);
        if after == before {
            continue;
        }
        if mode == Mode::Write {
            replace(real, &before, &after)
                .map_err(|cause| Failure::Write { path: real.to_owned(), cause })?;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        let (old, new) = (text(&before), text(&after));
        let found = scanner.scan(path, old.as_bytes()).found;
        let hidden = Hidden::of(&old, found.iter().map(|found| found.span.clone()));
        all.patch.push_str(&difference(path, &old, &new, &hidden));
    }
    Ok(all)
}

impl Mended {
    /// A file's bytes after its repairs. The last resource comes first, so that the others stay where they are.
    fn file(&mut self, path: &str, before: &[u8], mut findings: Vec<&GateFinding<'_>>) -> Vec<u8> {
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.declared.1), finding.check));
        let mut bytes = before.to_vec();
        for finding in findings {
            let Some(check) = finding.rule else { continue };
            let target = Target { path, start: finding.declared.1, kind: &finding.asset.kind };
            match mended(&target, &bytes, &check.fix.safe) {
                Ok(Some(after)) => {
                    bytes = after;
                    self.count += 1;
                }
                // Several instances of one block are mended together.
                Ok(None) => {}
                Err(why) => self.refused.push(format!(
                    "{path}: `{}` is not mended in {}: {why}",
                    finding.check, finding.asset.address
                )),
            }
        }
        bytes
    }
}

/// Whether a file is the user's own, and where its name says.
fn belongs(path: &str, real: &Path) -> Result<(), String> {
    if path.split('/').any(|folder| folder == ".terraform") {
        return Err("it was fetched, and would be fetched again: mend it where it comes from".to_owned());
    }
    let is_there = fs::canonicalize(real).is_ok_and(|now| now == real);
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).map_err(|error| error.to_string())?;
    let is_link = fs::symlink_metadata(path).map_err(|error| error.to_string())?.is_symlink();
    match is_there && (!is_link || real.starts_with(&folder)) {
        true => Ok(()),
        false => Err("it is a symbolic link that leads elsewhere: name its target".to_owned()),
    }
}

/// Puts a text in place of another at once, if the file still holds that.
fn replace(real: &Path, before: &[u8], after: &[u8]) -> io::Result<()> {
    let changed = || io::Error::other("it was changed meanwhile, and was left as it is");
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else { return Err(changed()) };
    let aside = folder.join(format!(".{}.{}.partywall", name.to_string_lossy(), std::process::id()));
    let written = || -> io::Result<()> {
        let mut file: File = OpenOptions::new().write(true).create_new(true).open(&aside)?;
        file.write_all(after)?;
        file.set_permissions(fs::metadata(real)?.permissions())?;
        file.sync_all()?;
        if fs::read(real)? != before {
            return Err(changed());
        }
        fs::rename(&aside, real)
    };
    written().inspect_err(|_| {
        // Nothing of ours stays behind.
        let _ = fs::remove_file(&aside);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_meanwhile_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.tf");
        fs::write(&file, "new").unwrap();
        assert!(replace(&file, b"old", b"mended").unwrap_err().to_string().contains("meanwhile"));
        assert_eq!(fs::read(&file).unwrap(), b"new");
        replace(&file, b"new", b"mended").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"mended");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing stays beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_away_is_not_written_through() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = outside.path().join("main.tf");
        fs::write(&target, "x").unwrap();
        let link = folder.path().join("main.tf");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let real = fs::canonicalize(&target).unwrap();
        assert!(belongs(link.to_str().unwrap(), &real).unwrap_err().contains("leads elsewhere"));
        assert_eq!(belongs(target.to_str().unwrap(), &real), Ok(()));
        assert!(belongs("a/.terraform/modules/x/main.tf", &real).unwrap_err().contains("fetched"));
    }
}
