//! The bytes of a file as text, with its lines.

use std::sync::Arc;

use crate::trouble::Trouble;

/// The files among which lock files are looked for.
pub trait Files {
    /// All paths, with forward slashes.
    fn paths(&self) -> Vec<Arc<str>>;

    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it cannot be read: it lies outside of what was named, is too large, or the disk refuses.
    fn bytes(&self, path: &str) -> Result<Vec<u8>, Trouble>;
}

/// A file that is being read.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: Arc<str>,
    pub(crate) text: String,
    /// The line of the first byte that is no UTF-8.
    pub(crate) broken_line: Option<u32>,
}

impl File {
    pub(crate) fn new(path: Arc<str>, bytes: Vec<u8>) -> Self {
        if let Some(text) = utf16(&bytes) {
            return Self { path, text, broken_line: None };
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
        match String::from_utf8(bytes) {
            Ok(text) => Self { path, text, broken_line: None },
            Err(error) => {
                let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
                let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Self { path, text, broken_line: Some(number(line)) }
            }
        }
    }

    /// The folder that it is in; empty where we stand.
    pub(crate) fn folder(&self) -> &str {
        folder(&self.path)
    }

    /// Its lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, &str)> {
        self.text.lines().zip(1..).map(|(line, number)| (number, line))
    }
}

/// A text of two bytes for each unit that says so by its mark, as a shell of Windows writes lists.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (unit, rest): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        _ => return None,
    };
    let units = rest.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()).map(unit);
    Some(char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')).collect())
}

/// The last part of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of a path.
pub(crate) fn folder(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(at) => path.get(..at).unwrap_or_default(),
        None => "",
    }
}

/// `path` as seen from `folder`, in its shortest form.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let whole = match path.starts_with('/') || folder.is_empty() {
        true => path.replace('\\', "/"),
        false => format!("{folder}/{path}").replace('\\', "/"),
    };
    let is_absolute = whole.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if is_absolute => {}
            part => parts.push(part),
        }
    }
    format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/"))
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, from 1.
    pub(crate) fn at(&self, byte: usize) -> u32 {
        number(1 + self.0.partition_point(|end| *end < byte))
    }
}

fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_written_by_a_shell_of_windows_is_read() {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend("a==1\r\nb==2".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(File::new("r.txt".into(), bytes).text, "a==1\r\nb==2");
    }

    #[test]
    fn bytes_that_are_no_utf8_have_their_line() {
        let file = File::new("r.txt".into(), b"a\nb\xff\nc".to_vec());
        assert_eq!((file.broken_line, file.lines().count()), (Some(2), 3));
    }

    #[test]
    fn a_path_that_climbs_out_keeps_saying_so() {
        assert_eq!(join("a/b", "../c.txt"), "a/c.txt");
        assert_eq!(join("a", "../../c.txt"), "../c.txt");
        assert_eq!(join("/a", "../../c.txt"), "/c.txt");
        assert_eq!(join("", "./c.txt"), "c.txt");
    }
}
