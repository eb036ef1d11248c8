//! [`Tree`]: the files that are looked at.
//!
//! The only part of the crate that touches a disk. A tree is listed once, in a stable order and within
//! limits; contents are read when they are asked for. Nothing outside the roots is ever opened: a symbolic
//! link that leaves them, or that comes back to a folder already seen, is reported and not followed.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::places;
use crate::trouble::Trouble;

/// How much of a disk a tree may take in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeLimits {
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Files in all.
    pub files: usize,
    /// Folders within folders.
    pub depth: usize,
}

impl Default for TreeLimits {
    fn default() -> Self {
        Self { file_bytes: 16 << 20, files: 200_000, depth: 64 }
    }
}

/// A listed tree of files.
#[derive(Debug, Default)]
pub struct Tree {
    files: BTreeMap<Arc<str>, Place>,
    /// Files that one reader takes for itself.
    aside: BTreeMap<Arc<str>, Place>,
    /// The roots as the user wrote them, in their shortest form.
    roots: Vec<String>,
    limits: TreeLimits,
    troubles: Vec<Trouble>,
}

#[derive(Debug)]
enum Place {
    Disk(PathBuf),
    Memory(Vec<u8>),
}

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text without a byte-order mark. A byte that is no UTF-8 stands as `?`, so offsets stay true.
    pub text: String,
    /// How many bytes of the file come before `text`: three where it begins with a byte-order mark.
    pub offset: u32,
    /// The line of the first byte that is no UTF-8.
    pub broken_line: Option<u32>,
}

impl Tree {
    /// Lists the files under the roots; a root may be a single file.
    pub fn new<P: AsRef<Path>>(roots: &[P]) -> Self {
        Self::within(roots, TreeLimits::default())
    }

    /// The same with limits of one's own.
    pub fn within<P: AsRef<Path>>(roots: &[P], limits: TreeLimits) -> Self {
        let mut tree = Self { limits, ..Self::default() };
        for root in roots {
            tree.add_root(root.as_ref());
        }
        tree
    }

    /// A tree of files held in memory.
    pub fn of<N: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (N, B)>) -> Self {
        let files = files
            .into_iter()
            .map(|(name, bytes)| (places::normal(&name.into()).into(), Place::Memory(bytes.into())))
            .collect();
        Self { files, roots: vec![String::new()], ..Self::default() }
    }

    /// All files, in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.keys()
    }

    /// Whether the tree holds the file.
    pub fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// What went wrong while listing.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// Whether a path lies under one of the roots.
    pub fn covers(&self, path: &str) -> bool {
        self.roots.iter().any(|root| places::inside(path, root))
    }

    /// The bytes of a file of the tree.
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>, Trouble> {
        match self.files.get(path) {
            Some(Place::Memory(bytes)) if bytes.len() as u64 <= self.limits.file_bytes => Ok(bytes.clone()),
            Some(Place::Memory(_)) => Err(self.too_big(path)),
            Some(Place::Disk(real)) => self.read_disk(path, real),
            None if self.covers(path) => {
                Err(Trouble::new(path, 0, "there is no such file", "check the path, or create the file"))
            }
            None => Err(Trouble::new(
                path,
                0,
                "the file lies outside what was named",
                "name the folder that holds it as well",
            )),
        }
    }

    /// Takes a file out of the list: only who asks for it by name still finds it.
    pub(crate) fn set_aside(&mut self, path: &str) {
        if let Some((path, place)) = self.files.remove_entry(path) {
            self.aside.insert(path, place);
        }
    }

    /// A file to be read as it comes; files of any size.
    pub(crate) fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, Trouble> {
        let failed = |error: std::io::Error| {
            Trouble::new(path, 0, format!("the file cannot be read: {error}"), "check its permissions")
        };
        match self.files.get(path).or_else(|| self.aside.get(path)) {
            Some(Place::Memory(bytes)) => Ok(Box::new(bytes.as_slice())),
            Some(Place::Disk(real)) => Ok(Box::new(fs::File::open(real).map_err(failed)?)),
            None => Err(Trouble::new(path, 0, "there is no such file", "check the path, or create the file")),
        }
    }

    /// The folder that holds a file of the tree, as it is named, where Terraform stands in it and it lies on a disk.
    pub(crate) fn terraform_beside(&self, path: &str) -> Option<PathBuf> {
        let Place::Disk(real) = self.files.get(path).or_else(|| self.aside.get(path))? else { return None };
        let mut entries = fs::read_dir(real.parent()?).ok()?.filter_map(Result::ok);
        let is_code = |name: &OsStr| {
            let name = name.to_string_lossy();
            name.ends_with(".tf") || name.ends_with(".tf.json")
        };
        entries.any(|entry| is_code(&entry.file_name())).then(|| match places::folder(path) {
            "" => PathBuf::from("."),
            folder => PathBuf::from(folder),
        })
    }

    /// The text of a file of the tree.
    pub fn text(&self, path: &str) -> Result<Text, Trouble> {
        self.bytes(path).map(Text::from_bytes)
    }

    fn too_big(&self, path: &str) -> Trouble {
        Trouble::new(
            path,
            0,
            format!("the file is larger than {} bytes and was not read", self.limits.file_bytes),
            "split it, or leave it out",
        )
    }

    fn read_disk(&self, path: &str, real: &Path) -> Result<Vec<u8>, Trouble> {
        let failed = |error: std::io::Error| {
            Trouble::new(path, 0, format!("the file cannot be read: {error}"), "check its permissions")
        };
        let file = fs::File::open(real).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(self.limits.file_bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > self.limits.file_bytes {
            return Err(self.too_big(path));
        }
        Ok(bytes)
    }

    fn add_root(&mut self, root: &Path) {
        let shown = places::normal(&root.to_string_lossy());
        let real = match fs::canonicalize(root) {
            Ok(real) => real,
            Err(error) => {
                let what = format!("`{}` cannot be read: {error}", root.display());
                self.troubles.push(Trouble::new(&*shown, 0, what, "name a file or folder that exists"));
                return;
            }
        };
        if real.is_file() {
            self.roots.push(places::folder(&shown).to_owned());
            self.files.insert(shown.into(), Place::Disk(real));
            return;
        }
        self.roots.push(shown.clone());
        let mut walk = Walk { top: real.clone(), seen: HashSet::new(), full: false };
        self.list(&mut walk, &real, &shown, 0);
    }

    fn list(&mut self, walk: &mut Walk, folder: &Path, shown: &str, depth: usize) {
        if walk.full || !walk.seen.insert(folder.to_path_buf()) {
            return;
        }
        if depth > self.limits.depth {
            let what = format!("folders are nested deeper than {}", self.limits.depth);
            self.troubles.push(Trouble::new(shown, 0, what, "name the inner folder by itself"));
            return;
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let what = format!("the folder cannot be listed: {error}");
                self.troubles.push(Trouble::new(shown, 0, what, "check its permissions"));
                return;
            }
        };
        let names: BTreeSet<_> =
            entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name())).collect();
        // What a program has put aside for itself is nobody's code: caches (the Cache Directory Tagging
        // Specification) and Python's environments. One that is named is read all the same.
        if depth > 0 && ["CACHEDIR.TAG", "pyvenv.cfg"].iter().any(|mark| names.contains(OsStr::new(mark))) {
            return;
        }
        for name in names {
            let path = folder.join(&name);
            let child = places::join(shown, &name.to_string_lossy());
            self.take_in(walk, path, child, depth);
        }
    }

    fn take_in(&mut self, walk: &mut Walk, path: PathBuf, shown: String, depth: usize) {
        let Ok(about) = fs::symlink_metadata(&path) else { return };
        let mut real = path;
        let mut is_folder = about.is_dir();
        if about.is_symlink() {
            match fs::canonicalize(&real) {
                Ok(target) if target.starts_with(&walk.top) => {
                    is_folder = target.is_dir();
                    real = target;
                }
                Ok(_) => {
                    let what = "the symbolic link leaves the folder that was named and was not followed";
                    self.troubles.push(Trouble::new(shown, 0, what, "name its target as well"));
                    return;
                }
                Err(error) => {
                    let what = format!("the symbolic link leads nowhere: {error}");
                    self.troubles.push(Trouble::new(shown, 0, what, "remove or mend it"));
                    return;
                }
            }
        }
        if is_folder {
            if !is_skipped(&shown) {
                self.list(walk, &real, &shown, depth + 1);
            }
            return;
        }
        if !real.is_file() || walk.full {
            return;
        }
        if self.files.len() >= self.limits.files {
            walk.full = true;
            let what = format!("there are more than {} files; the rest was not read", self.limits.files);
            self.troubles.push(Trouble::new(shown, 0, what, "name smaller folders one by one"));
            return;
        }
        self.files.insert(shown.into(), Place::Disk(real));
    }
}

struct Walk {
    top: PathBuf,
    seen: HashSet<PathBuf>,
    full: bool,
}

/// Folders that hold no configuration of the user's: the version control's own, and fetched programs.
fn is_skipped(folder: &str) -> bool {
    let name = places::name(folder);
    name == ".git"
        || name == "node_modules"
        || (name == "providers" && folder.ends_with(".terraform/providers"))
}

impl Text {
    /// Reads bytes as UTF-8, keeping every offset.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        let mut offset = 0;
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
            offset = 3;
        }
        let mut broken_line = None;
        loop {
            match String::from_utf8(bytes) {
                Ok(text) => return Self { text, offset, broken_line },
                Err(error) => {
                    let first = error.utf8_error().valid_up_to();
                    bytes = error.into_bytes();
                    broken_line = Some(1 + count_lines(bytes.get(..first).unwrap_or_default()));
                    mend(&mut bytes);
                }
            }
        }
    }
}

fn count_lines(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// Puts `?` in the place of each byte that is no UTF-8.
fn mend(bytes: &mut [u8]) {
    let mut from = 0;
    while let Some(rest) = bytes.get_mut(from..) {
        let Err(error) = std::str::from_utf8(rest) else { return };
        let bad = error.valid_up_to();
        let length = error.error_len().unwrap_or(rest.len() - bad);
        if let Some(broken) = rest.get_mut(bad..bad + length) {
            broken.fill(b'?');
        }
        from += bad + length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_moves_the_offset_only() {
        let text = Text::from_bytes(b"\xef\xbb\xbfabc".to_vec());
        assert_eq!((text.text.as_str(), text.offset), ("abc", 3));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_replaced_one_by_one_and_reported_with_their_line() {
        let text = Text::from_bytes(b"a\nb\xff\xfec\xc3".to_vec());
        assert_eq!(text.text, "a\nb??c?");
        assert_eq!(text.broken_line, Some(2));
    }

    #[test]
    fn what_a_program_put_aside_is_read_only_where_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (name, mark) in [("target", "CACHEDIR.TAG"), ("venv", "pyvenv.cfg"), ("code", "README")] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join(mark), "").unwrap();
            fs::write(folder.path().join(name).join("main.tf"), "").unwrap();
        }
        let names = |tree: &Tree| tree.files().filter(|path| path.ends_with("main.tf")).count();
        assert_eq!(names(&Tree::new(&[folder.path()])), 1);
        assert_eq!(names(&Tree::new(&[folder.path().join("target")])), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_that_loop_or_leave_are_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.tf"), "x = 1").unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/main.tf"), "x = 1").unwrap();
        std::os::unix::fs::symlink("..", folder.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("away")).unwrap();
        let tree = Tree::new(&[folder.path()]);
        assert_eq!(tree.files().count(), 1);
        assert_eq!(tree.troubles().len(), 1);
        assert!(tree.troubles()[0].what.contains("leaves"));
    }

    #[test]
    fn a_file_beyond_the_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.tf"), "12345").unwrap();
        let limits = TreeLimits { file_bytes: 4, ..TreeLimits::default() };
        let tree = Tree::within(&[folder.path()], limits);
        let path = tree.files().next().unwrap().clone();
        assert!(tree.text(&path).unwrap_err().what.contains("larger"));
    }
}
