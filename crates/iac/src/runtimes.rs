//! The runtimes and base images that code names with a version: whether their support has ended is known today.
//!
//! Each becomes an asset of the kind `Code::Runtime` with `Product` and `Version` in the words of the lifecycle table, and
//! `From`, which tells what named it. What names no version, or leaves the choice open (`lts`, `>=18`), is none.

mod images;
mod ranges;
mod setup;

use std::collections::HashSet;
use std::sync::Arc;

use partywall_model::Node;

use crate::declared::{Declaring, Draft, Manifests};
use crate::document::{Span, Value};
use crate::manifest;
use crate::places;
use crate::source::Source;
use crate::tree::Tree;

/// The kind of a runtime that code names.
const RUNTIME: &str = "Code::Runtime";

/// Reads the files that name a version of a runtime, and finds base images and set-up steps in what was declared.
pub fn declared(tree: &Tree, manifests: &[Manifests]) -> Manifests {
    let mut finding = Finding { tree, declaring: Declaring::default(), seen: HashSet::new() };
    for path in tree.files() {
        match places::name(path) {
            "package.json" => finding.manifest(path, |root| {
                let node = root.get("engines")?.get("node")?;
                Some(("nodejs", node.as_str().and_then(|range| ranges::highest(range))?, node.span))
            }),
            "composer.json" => finding.manifest(path, |root| {
                let php = root.get("require")?.get("php")?;
                let highest = php.as_str().and_then(|range| ranges::highest(range))?;
                Some(("php", ranges::last_minor_of_php(highest), php.span))
            }),
            "global.json" => finding.manifest(path, |root| {
                let sdk = root.get("sdk")?;
                let rolls =
                    sdk.get("rollForward").and_then(Value::as_str).is_some_and(|it| it.contains("ajor"));
                let version = sdk.get("version").filter(|_| !rolls)?;
                Some(("dotnet", version.as_str()?.to_string(), version.span))
            }),
            name => {
                if let Some(words) = reader(name) {
                    finding.lines(path, words);
                }
            }
        }
    }
    for asset in manifests.iter().flat_map(|read| &read.assets) {
        for named in images::of(&asset.asset).into_iter().chain(setup::of(&asset.asset)) {
            finding.named(named);
        }
    }
    finding.declaring.made
}

/// A runtime that something names.
#[derive(Debug)]
struct Named {
    file: Arc<str>,
    span: Span,
    product: &'static str,
    version: String,
    from: &'static str,
}

/// How a line of a file names a runtime: its product and its version.
type Words = fn(&str) -> Option<(&'static str, &str)>;

fn reader(name: &str) -> Option<Words> {
    Some(match name {
        ".python-version" => |line| Some(("python", line)),
        "runtime.txt" => |line| Some(("python", line.strip_prefix("python-")?)),
        ".nvmrc" | ".node-version" => |line| Some(("nodejs", line)),
        ".ruby-version" => |line| Some(("ruby", line.strip_prefix("ruby-").unwrap_or(line))),
        ".go-version" => |line| Some(("go", line)),
        ".tool-versions" => of_tool,
        "go.mod" => |line| match line.split_once(char::is_whitespace)? {
            ("go", version) => Some(("go", version.trim())),
            _ => None,
        },
        _ => return None,
    })
}

/// `nodejs 14.17.0 16.0.0`: the first version is the one that is used (asdf, "Configuration").
fn of_tool(line: &str) -> Option<(&'static str, &str)> {
    let mut words = line.split_whitespace();
    let product = match words.next()? {
        "python" => "python",
        "nodejs" | "node" => "nodejs",
        "ruby" => "ruby",
        "golang" | "go" => "go",
        "php" => "php",
        "dotnet" | "dotnet-core" => "dotnet",
        "elixir" => "elixir",
        "perl" => "perl",
        _ => return None,
    };
    Some((product, words.next()?))
}

struct Finding<'t> {
    tree: &'t Tree,
    declaring: Declaring,
    seen: HashSet<(Arc<str>, u32, &'static str, String)>,
}

impl Finding<'_> {
    /// A JSON file that names one runtime.
    fn manifest(&mut self, path: &Arc<str>, of: fn(&Value) -> Option<(&'static str, String, Span)>) {
        let tree = self.tree;
        let Some(file) = manifest::read(tree, path, |_| true, &mut self.declaring.made.troubles) else {
            return;
        };
        for document in &file.documents {
            let faults = document.faults.iter().cloned().map(|fault| file.source.faulty(fault));
            self.declaring.made.troubles.extend(faults);
        }
        if let Some((product, version, span)) =
            file.documents.first().and_then(|document| of(document.root.as_ref()?))
        {
            self.declaring.made.files += 1;
            self.take(&file.source, path, span, product, &version, "manifest");
        }
    }

    /// A file whose lines name runtimes.
    fn lines(&mut self, path: &Arc<str>, words: Words) {
        let text = match self.tree.text(path) {
            Ok(text) => text,
            Err(trouble) => return self.declaring.made.troubles.push(trouble),
        };
        let source = Source::of(path, &text);
        let mut start = 0;
        let before = self.declaring.made.assets.len();
        // The toolchain that is named builds, whatever less would do.
        let toolchain = text.text.lines().any(|line| line.starts_with("toolchain go"));
        for line in text.text.split_inclusive('\n') {
            let said =
                line.split(['#']).next().unwrap_or_default().split("//").next().unwrap_or_default().trim();
            let (said, is_toolchain) = match said.strip_prefix("toolchain go").filter(|_| toolchain) {
                Some(version) => (version, true),
                None => (said, false),
            };
            let found = if is_toolchain { Some(("go", said)) } else { words(said).filter(|_| !toolchain) };
            if let Some((product, version)) = found.filter(|(_, version)| !version.is_empty()) {
                let within = line.find(version).unwrap_or(0);
                let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX).saturating_add(text.offset);
                let span = Span { start: at(start + within), end: at(start + within + version.len()) };
                self.take(&source, path, span, product, version, "version file");
            }
            start += line.len();
        }
        self.declaring.made.files += usize::from(self.declaring.made.assets.len() > before);
    }

    /// Something in an asset that was declared elsewhere.
    fn named(&mut self, named: Named) {
        let Ok(text) = self.tree.text(&named.file) else { return };
        let source = Source::of(&named.file, &text);
        self.take(&source, &named.file, named.span, named.product, &named.version, named.from);
    }

    fn take(
        &mut self,
        source: &Source,
        path: &Arc<str>,
        span: Span,
        product: &'static str,
        version: &str,
        from: &'static str,
    ) {
        let plain = version.strip_prefix('v').unwrap_or(version);
        // The tags of an image also name releases by a word.
        let is_version =
            plain.starts_with(|c: char| c.is_ascii_digit()) || matches!(from, "image" | "runner");
        if !is_version || !self.seen.insert((path.clone(), span.start, product, plain.to_owned())) {
            return;
        }
        let mut draft = Draft::new(RUNTIME, format!("{product} {plain}"), span);
        draft.set("Product", Node::text(product));
        draft.set("Version", Node::text(plain));
        draft.set("From", Node::text(from));
        self.declaring.add(draft, source, &places::folder(path).into());
    }
}
