//! The files of a content folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A single file larger than this is refused, in bytes.
const FILE_LIMIT: u64 = 4 << 20;
/// Folders nested deeper than this are refused.
const DEPTH_LIMIT: usize = 8;

/// The texts of a content folder, by path with forward slashes.
#[derive(Clone, Debug, Default)]
pub struct Files(pub BTreeMap<String, String>);

/// Why a content folder cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot read content `{path}`: {message}")]
pub struct LoadError {
    /// The file or folder.
    pub path: PathBuf,
    /// What happened.
    pub message: String,
}

impl Files {
    /// Reads every `.yaml` file under a folder.
    ///
    /// # Errors
    /// A folder or file that cannot be read, is no UTF-8, too large or nested too deep.
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let mut files = Self::default();
        files.read_folder(folder, "", 0)?;
        Ok(files)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), LoadError> {
        let refuse = |path: &Path, message: String| LoadError { path: path.to_owned(), message };
        if depth > DEPTH_LIMIT {
            return Err(refuse(folder, format!("folders are nested deeper than {DEPTH_LIMIT}")));
        }
        for entry in fs::read_dir(folder).map_err(|error| refuse(folder, error.to_string()))? {
            let path = entry.map_err(|error| refuse(folder, error.to_string()))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if path.is_dir() {
                self.read_folder(&path, &format!("{prefix}{name}/"), depth + 1)?;
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let size = fs::metadata(&path).map_err(|error| refuse(&path, error.to_string()))?.len();
                if size > FILE_LIMIT {
                    return Err(refuse(&path, format!("the file is larger than {FILE_LIMIT} bytes")));
                }
                let text = fs::read_to_string(&path).map_err(|error| refuse(&path, error.to_string()))?;
                self.0.insert(format!("{prefix}{name}"), text);
            }
        }
        Ok(())
    }
}
