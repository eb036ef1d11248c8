//! What a working tree has changed since it parted from a revision: in commits, staged, not staged, and new files.
//!
//! Everything is compared with the last commit that `HEAD` and the revision have in common, so that what others have
//! done to the revision since then counts for nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::fault::SearchError;
use crate::git::{Git, LONGEST_LINE, Wanted};

/// What has changed in one repository.
#[derive(Debug)]
pub struct Changes {
    git: Git,
    /// The root of the working tree, in its real place.
    top: PathBuf,
    base: Box<str>,
    /// By path from the root: files that are there.
    files: BTreeMap<Box<str>, Touched>,
    /// Paths at the base of what was changed, moved or taken out.
    earlier: Vec<Box<str>>,
}

/// Which lines of a file are new.
#[derive(Debug, PartialEq, Eq)]
enum Touched {
    /// All of them.
    Whole,
    Hunks(Vec<Hunk>),
}

/// Lines that are new, from 1; where there are none, lines were taken out behind the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hunk {
    first: usize,
    count: usize,
}

impl Changes {
    /// What the working tree that a folder is in has changed since a revision.
    ///
    /// # Errors
    /// No git, no repository, no such revision, and no commit in common.
    pub fn since(folder: &Path, revision: &str) -> Result<Self, SearchError> {
        if revision.starts_with('-') {
            return Err(SearchError::Revision(revision.to_owned()));
        }
        let top = Git::open(folder)?.top()?;
        let git = Git::open(&top)?.without_filters()?;
        let base = base(&git, revision)?;
        let mut changes = Self { top, base, files: BTreeMap::new(), earlier: Vec::new(), git };
        changes.compare()?;
        let new = changes.git.bytes("ls-files", &["--others", "--exclude-standard", "-z"])?;
        for path in new.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
            changes.files.insert(String::from_utf8_lossy(path).into(), Touched::Whole);
        }
        Ok(changes)
    }

    /// The commit with which everything is compared.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whether a file lies in this repository's working tree.
    pub fn covers(&self, file: &Path) -> bool {
        self.inside(file).is_some()
    }

    /// Whether something of a file is new, or was taken out of it.
    pub fn has(&self, file: &Path) -> bool {
        self.inside(file).is_some_and(|path| self.files.contains_key(&*path))
    }

    /// Whether one of the lines is new, or something was taken out between two of them.
    pub fn touches(&self, file: &Path, lines: &RangeInclusive<usize>) -> bool {
        match self.inside(file).and_then(|path| self.files.get(&*path)) {
            None => false,
            Some(Touched::Whole) => true,
            Some(Touched::Hunks(hunks)) => hunks.iter().any(|hunk| hunk.touches(lines)),
        }
    }

    /// The files that are changed or new, in the real place; symbolic links are none.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let all = self.files.keys().map(|path| self.top.join(&**path));
        all.filter(|path| fs::symlink_metadata(path).is_ok_and(|about| about.is_file()))
    }

    /// What stood at the base in place of what was changed, moved or taken out: the real path and the text of files of
    /// at most so many bytes.
    ///
    /// # Errors
    /// When git stops answering.
    pub fn earlier(&self, longest: u64) -> Result<Vec<(PathBuf, Vec<u8>)>, SearchError> {
        let mut objects = self.git.objects()?;
        let read = |text: &mut dyn Read| -> io::Result<Option<Vec<u8>>> {
            let mut bytes = Vec::new();
            text.take(longest + 1).read_to_end(&mut bytes)?;
            Ok((bytes.len() as u64 <= longest).then_some(bytes))
        };
        let mut all = Vec::new();
        for path in self.earlier.iter().filter(|path| !path.contains('\n')) {
            let text = objects
                .object(&format!("{}:{path}", self.base), read)
                .map_err(|error| self.git.failed("cat-file", error.to_string().as_bytes()))?;
            all.extend(text.flatten().map(|text| (self.top.join(&**path), text)));
        }
        Ok(all)
    }

    fn inside(&self, file: &Path) -> Option<String> {
        let real = fs::canonicalize(file).ok()?;
        let path = real.strip_prefix(&self.top).ok()?.to_string_lossy().into_owned();
        Some(if std::path::MAIN_SEPARATOR == '\\' { path.replace('\\', "/") } else { path })
    }

    fn compare(&mut self) -> Result<(), SearchError> {
        let args = [
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            // Attributes may call any file binary, and then no line of it would be shown.
            "--text",
            "--find-renames",
            "--ignore-submodules=all",
            "--unified=0",
            "--inter-hunk-context=0",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            &self.base,
            "--",
        ];
        let mut reading = Reading::default();
        let mut is_rest = false;
        self.git.lines("diff", &args, |line| {
            if !std::mem::replace(&mut is_rest, line.len() as u64 >= LONGEST_LINE) {
                reading.line(&String::from_utf8_lossy(line));
            }
            Wanted::More
        })?;
        reading.end_file();
        self.files = reading.files;
        self.earlier = reading.earlier;
        Ok(())
    }
}

impl Hunk {
    fn touches(self, lines: &RangeInclusive<usize>) -> bool {
        match self.count {
            0 => *lines.start() <= self.first && self.first < *lines.end(),
            count => self.first <= *lines.end() && *lines.start() < self.first + count,
        }
    }
}

/// The last commit in common.
fn base(git: &Git, revision: &str) -> Result<Box<str>, SearchError> {
    let is_shallow = git.is_shallow()?;
    let next = |otherwise: String| match is_shallow {
        true => "this clone is shallow; fetch more: `git fetch --unshallow` (`fetch-depth: 0` in a workflow)"
            .to_owned(),
        false => otherwise,
    };
    let commit = format!("{revision}^{{commit}}");
    let is_there = git.bytes("rev-parse", &["--verify", "--quiet", &commit]).is_ok();
    if !is_there && revision == "HEAD" {
        // Before the first commit everything is new: it is compared with the tree of nothing.
        let nothing = git.bytes("hash-object", &["-t", "tree", "--stdin"])?;
        return Ok(String::from_utf8_lossy(&nothing).trim().into());
    }
    if !is_there {
        let name = revision.strip_prefix("origin/").unwrap_or(revision);
        let next = next(format!("fetch it: `git fetch origin {name}`"));
        return Err(SearchError::NoRevision { revision: revision.to_owned(), next });
    }
    let found = git.bytes("merge-base", &["HEAD", &commit]).map_err(|_| SearchError::NothingInCommon {
        revision: revision.to_owned(),
        next: next("name a revision that this branch came from".to_owned()),
    })?;
    Ok(String::from_utf8_lossy(&found).trim().into())
}

/// Reads what `git diff` prints.
#[derive(Debug, Default)]
struct Reading {
    files: BTreeMap<Box<str>, Touched>,
    earlier: Vec<Box<str>>,
    old: Option<String>,
    new: Option<String>,
    is_new: bool,
    hunks: Vec<Hunk>,
    /// So many lines of a hunk's text are still to come.
    left: usize,
}

impl Reading {
    fn line(&mut self, line: &str) {
        if self.left > 0 {
            // `\ No newline at end of file` is no line of the text.
            self.left -= usize::from(!line.starts_with('\\'));
        } else if line.starts_with("diff --git ") {
            self.end_file();
        } else if line.starts_with("new file mode ") {
            self.is_new = true;
        } else if let Some(name) = line.strip_prefix("rename from ") {
            self.old = Some(unquoted(name));
        } else if let Some(name) = line.strip_prefix("rename to ") {
            self.new = Some(unquoted(name));
        } else if let Some(name) = line.strip_prefix("--- ") {
            self.old = without_prefix(name, "a/");
        } else if let Some(name) = line.strip_prefix("+++ ") {
            self.new = without_prefix(name, "b/");
        } else if let Some((old, new)) = line.strip_prefix("@@ -").and_then(ranges) {
            self.left = old.count + new.count;
            self.hunks.push(new);
        }
    }

    fn end_file(&mut self) {
        let hunks = std::mem::take(&mut self.hunks);
        self.earlier.extend(self.old.take().map(Box::from));
        let touched = if std::mem::take(&mut self.is_new) { Touched::Whole } else { Touched::Hunks(hunks) };
        self.files.extend(self.new.take().map(|path| (path.into(), touched)));
    }
}

/// `12,3 +14,0 @@ …`: what is gone and what is new.
fn ranges(text: &str) -> Option<(Hunk, Hunk)> {
    let (ranges, _) = text.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let hunk = |text: &str| {
        let (first, count) = text.split_once(',').unwrap_or((text, "1"));
        Some(Hunk { first: first.parse().ok()?, count: count.parse().ok()? })
    };
    Some((hunk(old)?, hunk(new)?))
}

/// The path behind `a/` or `b/`; none for `/dev/null`.
fn without_prefix(name: &str, prefix: &str) -> Option<String> {
    // A tab ends names with blanks in them.
    unquoted(name.strip_suffix('\t').unwrap_or(name)).strip_prefix(prefix).map(str::to_owned)
}

/// Names with quotation marks, backslashes and control characters are written as in C.
fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut bytes = Vec::new();
    let mut rest = inner.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(digit @ b'0'..=b'7') => {
                let mut code = u32::from(digit - b'0');
                while let Some(digit @ b'0'..=b'7') = rest.peek().copied() {
                    code = (code * 8 + u32::from(digit - b'0')) & 0xff;
                    rest.next();
                }
                bytes.push(u8::try_from(code).unwrap_or(b'?'));
            }
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_out_touches_what_stood_around_it() {
        let cut = Hunk { first: 5, count: 0 };
        assert!(cut.touches(&(5..=6)) && cut.touches(&(1..=9)));
        assert!(!cut.touches(&(1..=5)) && !cut.touches(&(6..=9)));
        let new = Hunk { first: 5, count: 2 };
        assert!(new.touches(&(6..=6)) && new.touches(&(1..=5)));
        assert!(!new.touches(&(1..=4)) && !new.touches(&(7..=9)));
    }

    #[test]
    fn a_line_of_text_is_no_header() {
        let mut reading = Reading::default();
        let printed = "diff --git a/m.tf b/m.tf\n--- a/m.tf\n+++ b/m.tf\n@@ -3 +3,2 @@ x\n--- a/lie\n+++ b/lie\n+@@ -1 +1 @@\n\\ No newline at end of file\n\
                       diff --git a/old b/new\nsimilarity index 100%\nrename from \"o\\303\\274ld\"\nrename to new\n\
                       diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
        printed.lines().for_each(|line| reading.line(line));
        reading.end_file();
        assert_eq!(reading.files.keys().map(|name| &**name).collect::<Vec<_>>(), ["m.tf", "new"]);
        assert_eq!(reading.files["m.tf"], Touched::Hunks(vec![Hunk { first: 3, count: 2 }]));
        assert_eq!(reading.earlier.iter().map(|name| &**name).collect::<Vec<_>>(), ["m.tf", "oüld", "gone"]);
    }
}
