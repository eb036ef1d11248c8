//! Content and settings: what is built in, and what the user adds.

use std::fs;
use std::path::{Path, PathBuf};

use partywall_content::load::{Files, LoadError, load};
use partywall_content::{Content, Settings, SettingsError, blob};
use partywall_model::Problem;

static BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/content.bin"));

/// The settings file that is looked for where none is named.
const SETTINGS_FILE: &str = "partywall.yaml";
/// A settings file larger than this is refused, in bytes.
const SETTINGS_LIMIT: u64 = 4 << 20;

/// Why content or settings are not accepted.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// The blob that was built in.
    #[error("the built-in content cannot be unpacked: {0}; this build is broken")]
    BuiltIn(#[from] blob::BlobError),
    /// A content folder that cannot be read.
    #[error(transparent)]
    Folder(#[from] LoadError),
    /// A content folder with mistakes in it.
    #[error("content folder `{folder}` has {} mistake(s):\n{}", problems.len(), lines(problems))]
    Mistakes {
        /// The folder.
        folder: PathBuf,
        /// All of them.
        problems: Vec<Problem>,
    },
    /// A settings file that cannot be read.
    #[error("cannot read `{file}`: {message}")]
    File {
        /// The file.
        file: PathBuf,
        /// What happened.
        message: String,
    },
    /// A settings file with a mistake in it.
    #[error("{0}\n{1}")]
    Settings(SettingsError, String),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

/// The built-in content.
///
/// # Errors
/// A build that is broken.
pub fn built_in() -> Result<Content, KnowledgeError> {
    Ok(blob::unpack(BUILT_IN)?)
}

/// The built-in content with the user's folders on top.
pub(crate) fn content(folders: &[PathBuf]) -> Result<Content, KnowledgeError> {
    with_folders(built_in()?, folders)
}

/// The same with the folders that the settings name on top.
pub(crate) fn extended(content: Content, settings: &Settings) -> Result<Content, KnowledgeError> {
    let folders: Vec<PathBuf> = settings.content.iter().map(PathBuf::from).collect();
    with_folders(content, &folders)
}

fn with_folders(mut content: Content, folders: &[PathBuf]) -> Result<Content, KnowledgeError> {
    for folder in folders {
        let loaded = load(&Files::read(folder)?, content);
        if !loaded.problems.is_empty() {
            return Err(KnowledgeError::Mistakes { folder: folder.clone(), problems: loaded.problems });
        }
        content = loaded.content;
    }
    Ok(content)
}

/// The settings: of the file that was named, else of `partywall.yaml` in this folder, else of the one in the
/// first of the evidence folders, else none.
pub(crate) fn settings(
    named: Option<&Path>,
    evidence: &[PathBuf],
    content: &Content,
) -> Result<Settings, KnowledgeError> {
    let file = match named {
        Some(file) => Some(file.to_owned()),
        None => std::iter::once(PathBuf::new())
            .chain(evidence.iter().cloned())
            .map(|folder| folder.join(SETTINGS_FILE))
            .find(|file| file.is_file()),
    };
    let Some(file) = file else { return Ok(Settings::default()) };
    let refuse = |message: String| KnowledgeError::File { file: file.clone(), message };
    let size = fs::metadata(&file).map_err(|error| refuse(error.to_string()))?.len();
    if size > SETTINGS_LIMIT {
        return Err(refuse(format!("it is larger than {SETTINGS_LIMIT} bytes")));
    }
    let text = fs::read_to_string(&file).map_err(|error| refuse(error.to_string()))?;
    let parsed = Settings::parse(&file.display().to_string(), &text, &content.control_ids());
    let settings = parsed.map_err(|error| {
        let line = usize::try_from(error.line).unwrap_or(1).saturating_sub(1);
        let excerpt = text.lines().nth(line).unwrap_or_default();
        KnowledgeError::Settings(error.clone(), format!("  {} | {excerpt}", error.line))
    })?;
    Ok(placed(settings, file.parent().unwrap_or(Path::new(""))))
}

/// Places that the settings name are meant from the folder of their file, wherever the program is run.
fn placed(mut settings: Settings, folder: &Path) -> Settings {
    let place = |name: String| folder.join(name).display().to_string();
    settings.content = settings.content.into_iter().map(place).collect();
    settings.store = settings.store.map(|store| if store.contains("://") { store } else { place(store) });
    settings
}
