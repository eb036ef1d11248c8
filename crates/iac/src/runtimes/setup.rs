//! What a job of a workflow runs on and sets up. A version from a matrix is none: it is tested, not run.

use partywall_model::{Asset, Node, Source};

use super::Named;
use crate::document::Span;

/// Actions that set a runtime up: owner, repository, input, product.
const ACTIONS: [(&str, &str, &str, &str); 7] = [
    ("actions", "setup-python", "python-version", "python"),
    ("actions", "setup-node", "node-version", "nodejs"),
    ("actions", "setup-go", "go-version", "go"),
    ("actions", "setup-dotnet", "dotnet-version", "dotnet"),
    ("ruby", "setup-ruby", "ruby-version", "ruby"),
    ("shivammathur", "setup-php", "php-version", "php"),
    ("erlef", "setup-beam", "elixir-version", "elixir"),
];

/// The runtimes and the runner of a job.
pub(super) fn of(asset: &Asset) -> Vec<Named> {
    let mut found = Vec::new();
    if !asset.kind.as_str().starts_with("GitHub::Actions::") {
        return found;
    }
    let mut name = |path: &str, product: &'static str, version: String, from: &'static str| {
        if let Some(Source::Code { file, span }) = asset.provenance.of(path) {
            let span = Span { start: span.start, end: span.end };
            found.push(Named { file: (&**file).into(), span, product, version, from });
        }
    };
    for (at, step) in asset.properties.key("Steps").items().iter().enumerate() {
        let uses = step.key("Uses");
        for (owner, repository, input, product) in ACTIONS {
            if uses.key("Owner").as_str() == Some(owner)
                && uses.key("Repository").as_str() == Some(repository)
            {
                for version in versions(step.key("with").key(input)) {
                    name(&format!("Steps.{at}.with.{input}"), product, version, "set-up step");
                }
            }
        }
    }
    let runs_on = asset.properties.key("runs-on");
    for label in versions(runs_on).into_iter().chain(versions(runs_on.key("labels"))) {
        if ["ubuntu-", "windows-", "macos-"].iter().any(|system| label.starts_with(system)) {
            name("runs-on", "github-runner", label, "runner");
        }
    }
    found
}

/// One value, a list, or a text of lines; a number is what YAML makes of it, as the action gets it.
fn versions(node: &Node) -> Vec<String> {
    match node {
        Node::Text(text) => text.lines().map(|line| line.trim().to_owned()).collect(),
        Node::Int(number) => vec![number.to_string()],
        Node::Float(number) => vec![number.to_string()],
        Node::List(items) => items.iter().flat_map(versions).collect(),
        _ => Vec::new(),
    }
}
