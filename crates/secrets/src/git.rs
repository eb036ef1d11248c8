//! The installed `git` program, asked only to read.
//!
//! Nothing that a repository's own configuration names is run by it (no monitor, no external diff, no filters), and it
//! fetches nothing: an object that is not there is reported as missing.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::fault::SearchError;

/// A folder in a repository.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    folder: PathBuf,
    /// Settings of the repository that are overruled.
    overruled: Vec<String>,
}

impl Git {
    /// A folder that is in a repository.
    pub(crate) fn open(folder: &Path) -> Result<Self, SearchError> {
        let git = Self { folder: folder.to_owned(), overruled: Vec::new() };
        std::fs::metadata(folder).map_err(|cause| SearchError::Path { path: folder.to_owned(), cause })?;
        git.text("rev-parse", &["--git-dir"])?;
        Ok(git)
    }

    /// The root of the working tree, in its real place.
    pub(crate) fn top(&self) -> Result<PathBuf, SearchError> {
        let printed = self.text("rev-parse", &["--show-toplevel"])?;
        let top = PathBuf::from(printed.strip_suffix('\n').unwrap_or(&printed));
        std::fs::canonicalize(&top).map_err(|cause| SearchError::Path { path: top, cause })
    }

    /// Files are compared as they are on the disk: programs through which a repository would send them are not run.
    pub(crate) fn without_filters(mut self) -> Result<Self, SearchError> {
        // Where nothing matches, git ends with 1 and says nothing.
        let mut config = self.command("config", &["--null", "--name-only", "--get-regexp", "^filter\\."]);
        let names = config.output().map_err(SearchError::NoGit)?.stdout;
        for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let name = String::from_utf8_lossy(name);
            let Some((filter, key)) = name.rsplit_once('.') else { continue };
            if matches!(key, "clean" | "process" | "required") {
                let value = if key == "required" { "false" } else { "" };
                self.overruled.extend(["-c".to_owned(), format!("{filter}.{key}={value}")]);
            }
        }
        Ok(self)
    }

    /// Where the folder is in the working tree: empty at its root.
    pub(crate) fn prefix(&self) -> Result<String, SearchError> {
        Ok(self.text("rev-parse", &["--show-prefix"])?.trim_end().to_owned())
    }

    /// Whether the history was cut off when it was cloned.
    pub(crate) fn is_shallow(&self) -> Result<bool, SearchError> {
        Ok(self.text("rev-parse", &["--is-shallow-repository"])?.trim() == "true")
    }

    fn command(&self, command: &'static str, args: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.folder).args([
            "--no-pager",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.quotePath=false",
        ]);
        git.args(["-c", "log.showSignature=false", "-c", "diff.external="]).args(&self.overruled);
        git.arg(command).args(args);
        git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
        git.env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::piped());
        git
    }

    pub(crate) fn failed(&self, command: &'static str, said: &[u8]) -> SearchError {
        let message = String::from_utf8_lossy(said).trim().to_owned();
        let message = if message.is_empty() { "it said nothing".to_owned() } else { message };
        SearchError::Git { command, folder: self.folder.clone(), message }
    }

    /// All that a short command prints.
    pub(crate) fn bytes(&self, command: &'static str, args: &[&str]) -> Result<Vec<u8>, SearchError> {
        let output = self.command(command, args).output().map_err(SearchError::NoGit)?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(self.failed(command, &output.stderr)),
        }
    }

    fn text(&self, command: &'static str, args: &[&str]) -> Result<String, SearchError> {
        Ok(String::from_utf8_lossy(&self.bytes(command, args)?).into_owned())
    }

    /// Gives each line that a command prints to `take`, until it says that it has enough.
    pub(crate) fn lines(
        &self,
        command: &'static str,
        args: &[&str],
        mut take: impl FnMut(&[u8]) -> Wanted,
    ) -> Result<(), SearchError> {
        let mut git = self.command(command, args);
        let mut child = git.stdout(Stdio::piped()).spawn().map_err(SearchError::NoGit)?;
        let said = read_aside(child.stderr.take());
        let Some(stdout) = child.stdout.take() else { return Ok(()) };
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
            match read {
                Ok(0) => break,
                Ok(_) => {
                    let text = line.strip_suffix(b"\n").unwrap_or(&line);
                    if take(text) == Wanted::NoMore {
                        stop(child);
                        return Ok(());
                    }
                }
                Err(error) => {
                    stop(child);
                    return Err(self.failed(command, error.to_string().as_bytes()));
                }
            }
        }
        let status = child.wait().map_err(SearchError::NoGit)?;
        let said = said.join().unwrap_or_default();
        if status.success() { Ok(()) } else { Err(self.failed(command, &said)) }
    }

    /// A process that answers with one object after the other.
    pub(crate) fn objects(&self) -> Result<Objects, SearchError> {
        let mut git = self.command("cat-file", &["--batch"]);
        git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = git.spawn().map_err(SearchError::NoGit)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(ask), Some(answer)) => {
                Ok(Objects { child, ask, answer: BufReader::with_capacity(64 << 10, answer) })
            }
            _ => Err(self.failed("cat-file", b"")),
        }
    }

    /// Types of objects, in their order.
    pub(crate) fn kinds<'i>(
        &self,
        ids: impl Iterator<Item = &'i str>,
    ) -> Result<Vec<ObjectKind>, SearchError> {
        let mut git = self.command("cat-file", &["--batch-check=%(objecttype)"]);
        git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = git.spawn().map_err(SearchError::NoGit)?;
        let (Some(mut ask), Some(answer)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(self.failed("cat-file", b""));
        };
        let asked: String = ids.flat_map(|id| [id, "\n"]).collect();
        // Asked from a thread: git answers before it has read all, and both pipes would fill up.
        let asking = std::thread::spawn(move || ask.write_all(asked.as_bytes()));
        let mut kinds = Vec::new();
        for line in BufReader::new(answer).lines() {
            let line = line.map_err(|error| self.failed("cat-file", error.to_string().as_bytes()))?;
            kinds.push(ObjectKind::of(&line));
        }
        let _ = asking.join();
        let _ = child.wait();
        Ok(kinds)
    }
}

/// A line that is longer comes in parts.
pub(crate) const LONGEST_LINE: u64 = 1 << 20;

/// Whether more lines are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    More,
    NoMore,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    /// A file's text.
    Blob,
    /// A commit or an annotated tag: its message.
    Message,
    /// A folder.
    Tree,
    /// It is not there.
    Missing,
}

impl ObjectKind {
    fn of(word: &str) -> Self {
        match word {
            "blob" => Self::Blob,
            "commit" | "tag" => Self::Message,
            "tree" => Self::Tree,
            _ => Self::Missing,
        }
    }
}

/// A process that answers with objects.
#[derive(Debug)]
pub(crate) struct Objects {
    child: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
}

impl Objects {
    /// Reads one object by `read`, which need not take all of it. None where it is missing.
    pub(crate) fn object<T>(
        &mut self,
        id: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        self.ask.write_all(id.as_bytes())?;
        self.ask.write_all(b"\n")?;
        self.ask.flush()?;
        let mut header = String::new();
        self.answer.read_line(&mut header)?;
        let Some(size) = header.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok())
        else {
            return Ok(None);
        };
        let mut content = self.answer.by_ref().take(size);
        let result = read(&mut content);
        io::copy(&mut content, &mut io::sink())?;
        self.answer.read_exact(&mut [0])?;
        result.map(Some)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It waits for more to be asked.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn stop(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn read_aside(from: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(from) = from {
            let _ = from.take(64 << 10).read_to_end(&mut said);
        }
        said
    })
}
