//! Dockerfiles: how an image is made.
//!
//! A file becomes one asset of the kind `Docker::Dockerfile`. Its `Stages` stand in the order of the file, each with
//! its base, its instructions and, of those that run something, the simple commands; `Final` says what holds for
//! the image that comes out. A variable that has no value in the file is unknown, and so is all that it is part of.

mod expand;
mod packages;
mod syntax;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use partywall_model::{Map, Node, Why, WhyKind};

use crate::declared::{Declaring, Draft, Manifests, names_a_secret};
use crate::document::Span;
use crate::image::image;
use crate::places;
use crate::shell;
use crate::source::Source;
use crate::tree::{Text, Tree};
use crate::trouble::Trouble;
use expand::Variables;
use syntax::Instruction;

/// The kind of a Dockerfile.
const DOCKERFILE: &str = "Docker::Dockerfile";

/// Reads every Dockerfile of a tree.
pub fn declared(tree: &Tree) -> Manifests {
    let mut declaring = Declaring::default();
    for path in tree.files().filter(|path| is_dockerfile(path)) {
        let text = match tree.text(path) {
            Ok(text) => text,
            Err(trouble) => {
                declaring.made.troubles.push(trouble);
                continue;
            }
        };
        file(path, &text, &mut declaring);
    }
    declaring.made
}

/// `Dockerfile`, `Containerfile`, `Dockerfile.web`, `web.Dockerfile`.
pub fn is_dockerfile(path: &str) -> bool {
    let name = places::name(path).to_ascii_lowercase();
    let is_other =
        [".dockerignore", ".md", ".j2", ".erb", ".tmpl", ".template"].iter().any(|end| name.ends_with(end));
    !is_other
        && ["dockerfile", "containerfile"].iter().any(|word| {
            name == *word
                || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('.'))
                || name.ends_with(&format!(".{word}"))
        })
}

fn file(path: &Arc<str>, text: &Text, declaring: &mut Declaring) {
    let source = Source::of(path, text);
    if let Some(line) = text.broken_line {
        let what = "this is no UTF-8; what cannot be read stands as `?`";
        declaring.made.troubles.push(Trouble::new(path.clone(), line, what, "save the file as UTF-8"));
    }
    let (instructions, faults) = syntax::instructions(&text.text);
    let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX).saturating_add(text.offset);
    declaring
        .made
        .troubles
        .extend(faults.into_iter().map(|fault| source.trouble(at(fault.at), fault.what, fault.next)));
    if !instructions.iter().any(|instruction| instruction.name == "FROM") {
        let what = "the file has no `FROM`, so no image comes out of it";
        declaring.made.troubles.push(Trouble::new(
            path.clone(),
            0,
            what,
            "begin with a base image, or rename the file",
        ));
        return;
    }
    declaring.made.files += 1;
    let whole = Span { start: at(0), end: at(text.text.len()) };
    let mut reader = Reader {
        draft: Draft::new(DOCKERFILE, places::name(path), whole),
        offset: text.offset,
        global: Variables::default(),
        stages: Vec::new(),
        by_name: HashMap::new(),
    };
    for instruction in &instructions {
        reader.instruction(instruction);
    }
    let draft = reader.finish();
    declaring.add(draft, &source, &places::folder(path).into());
}

struct Reader {
    draft: Draft,
    offset: u32,
    /// `ARG`s before the first `FROM`.
    global: Variables,
    stages: Vec<Stage>,
    by_name: HashMap<String, usize>,
}

/// A stage that is being read.
#[derive(Default)]
struct Stage {
    entries: Map,
    /// The stage that it begins from.
    base: Option<usize>,
    variables: Variables,
    instructions: Vec<Node>,
    user: Node,
    user_span: Option<Span>,
    span: Span,
    has_healthcheck: bool,
    ports: Vec<Node>,
}

impl Reader {
    fn span(&self, bytes: &Range<usize>) -> Span {
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX).saturating_add(self.offset);
        Span { start: at(bytes.start), end: at(bytes.end) }
    }

    fn instruction(&mut self, instruction: &Instruction) {
        match instruction.name.as_str() {
            "FROM" => self.from(instruction),
            "ARG" if self.stages.is_empty() => {
                for (name, value) in instruction.assignments() {
                    let value = value.map(|value| self.global.expand(&value));
                    self.global.argument(&name, value, None);
                }
            }
            _ => self.in_stage(instruction),
        }
    }

    fn from(&mut self, instruction: &Instruction) {
        let words = instruction.words();
        let mut plain = words.iter().filter(|word| !word.starts_with("--"));
        let written = plain.next().cloned().unwrap_or_default();
        let name = match (plain.next(), plain.next()) {
            (Some(word), Some(name)) if word.eq_ignore_ascii_case("as") => Some(name.to_lowercase()),
            _ => None,
        };
        let reference = self.global.expand(&written);
        let base = reference.as_str().and_then(|name| self.by_name.get(&name.to_lowercase()).copied());
        let number = self.stages.len();
        let mut stage = Stage { base, span: self.span(&instruction.span), ..Stage::default() };
        if let Some(from) = base.and_then(|base| self.stages.get(base)) {
            stage.variables = from.variables.clone();
            (stage.user, stage.user_span) = (from.user.clone(), from.user_span);
            stage.has_healthcheck = from.has_healthcheck;
            stage.ports = from.ports.clone();
        }
        stage.variables.inherits_unknown = base.is_none();
        let image = match &reference {
            _ if base.is_some() => Node::Absent,
            Node::Text(reference) => image(reference),
            other => other.clone(),
        };
        stage.entries.insert("Image", image);
        stage.entries.insert("Scratch", Node::Bool(reference.as_str() == Some("scratch")));
        stage.entries.insert("BaseStage", base.map_or(Node::Absent, |base| Node::Int(small(base))));
        stage.entries.insert("Name", name.as_deref().map_or(Node::Absent, Node::text));
        stage.entries.insert(
            "Platform",
            instruction.flag("platform").map_or(Node::Absent, |it| self.global.expand(it)),
        );
        self.draft.place(format!("Stages.{number}"), stage.span);
        if let Some(name) = name {
            self.by_name.insert(name, number);
        }
        self.by_name.insert(number.to_string(), number);
        self.stages.push(stage);
    }

    fn in_stage(&mut self, instruction: &Instruction) {
        let span = self.span(&instruction.span);
        let Some(number) = self.stages.len().checked_sub(1) else { return };
        let globals = self.global.clone();
        let Some(stage) = self.stages.get_mut(number) else { return };
        let path = format!("Stages.{number}.Instructions.{}", stage.instructions.len());
        self.draft.place(&*path, span);
        let mut entries = Map::default();
        entries.insert("Instruction", Node::text(instruction.name.as_str()));
        entries.insert("Flags", flags(instruction, &stage.variables));
        match instruction.name.as_str() {
            "ARG" => {
                let written = instruction.assignments();
                entries.insert("Variables", variables(&written));
                for (name, value) in written {
                    let value = value.map(|value| stage.variables.expand(&value));
                    stage.variables.argument(&name, value, globals.get(&name));
                }
            }
            "ENV" => {
                let written = instruction.assignments();
                entries.insert("Variables", variables(&written));
                let values: Vec<_> = written
                    .into_iter()
                    .map(|(name, value)| (name, stage.variables.expand(&value.unwrap_or_default())))
                    .collect();
                values.into_iter().for_each(|(name, value)| stage.variables.set(&name, value));
            }
            "LABEL" => {}
            "USER" => {
                let user = stage.variables.expand(instruction.text().trim());
                entries.insert("User", user.clone());
                (stage.user, stage.user_span) = (user, Some(span));
            }
            "HEALTHCHECK" => {
                stage.has_healthcheck =
                    !instruction.words().iter().any(|word| word.eq_ignore_ascii_case("none"));
                entries.insert("None", Node::Bool(!stage.has_healthcheck));
            }
            "RUN" | "CMD" | "ENTRYPOINT" => {
                entries.insert("ExecForm", Node::Bool(instruction.exec_form().is_some()));
                let (commands, places) = commands(instruction, &stage.variables);
                for (at, bytes) in places.into_iter().enumerate() {
                    let start =
                        |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX).saturating_add(self.offset);
                    let span = Span { start: start(bytes.start), end: start(bytes.end) };
                    self.draft.place(format!("{path}.Commands.{at}"), span);
                }
                entries.insert("Commands", Node::List(commands));
            }
            "ADD" | "COPY" => {
                let words: Vec<Node> =
                    instruction.arguments().iter().map(|word| stage.variables.expand(word)).collect();
                let (sources, target) = match words.split_last() {
                    Some((last, rest)) => (rest.to_vec(), last.clone()),
                    None => (Vec::new(), Node::Absent),
                };
                entries.insert("Sources", Node::List(sources));
                entries.insert("Target", target);
            }
            "EXPOSE" => {
                let ports: Vec<Node> =
                    instruction.words().iter().map(|word| port(&stage.variables.expand(word))).collect();
                stage.ports.extend(ports.iter().cloned());
                entries.insert("Ports", Node::List(ports));
            }
            _ => {
                let words = instruction.arguments().iter().map(|word| stage.variables.expand(word)).collect();
                entries.insert("Arguments", Node::List(words));
            }
        }
        stage.instructions.push(entries.into());
    }

    fn finish(mut self) -> Draft {
        let count = self.stages.len();
        let mut finals = Map::default();
        if let Some(last) = self.stages.last() {
            finals.insert("Number", Node::Int(small(count - 1)));
            finals.insert("User", last.user.clone());
            finals.insert("Scratch", last.entries.get("Scratch").cloned().unwrap_or_default());
            finals.insert("HasHealthcheck", Node::Bool(last.has_healthcheck));
            finals.insert("ExposedPorts", Node::List(last.ports.clone()));
            self.draft.place("Final", last.span);
            if let Some(span) = last.user_span {
                self.draft.place("Final.User", span);
            }
        }
        let used = used_stages(&self.stages);
        let stages = self.stages.into_iter().enumerate().map(|(number, stage)| {
            let mut entries = stage.entries;
            entries.insert("User", stage.user);
            entries.insert("Final", Node::Bool(number + 1 == count));
            entries.insert("InImage", Node::Bool(used.contains(&number)));
            entries.insert("Instructions", Node::List(stage.instructions));
            Node::Map(entries)
        });
        let stages = Node::List(stages.collect());
        self.draft.set("Stages", stages);
        self.draft.set("Final", finals.into());
        self.draft
    }
}

/// The last stage and those that it begins from: what they hold is in the image.
fn used_stages(stages: &[Stage]) -> Vec<usize> {
    let mut used = Vec::new();
    let mut next = stages.len().checked_sub(1);
    // A base stands before what begins from it, so this ends.
    while let Some(number) = next {
        used.push(number);
        next = stages.get(number).and_then(|stage| stage.base).filter(|base| *base < number);
    }
    used
}

fn flags(instruction: &Instruction, variables: &Variables) -> Node {
    let flags = instruction.flags.iter().map(|(name, value)| (name.as_str(), variables.expand(value)));
    flags.collect::<Map>().into()
}

/// Names alone: a value that is written may be a secret.
fn variables(written: &[(String, Option<String>)]) -> Node {
    let nodes = written.iter().map(|(name, value)| {
        let literal = value.as_ref().is_some_and(|value| !value.is_empty() && !value.starts_with('$'));
        let entries: [(&str, Node); 3] = [
            ("Name", Node::text(name.as_str())),
            ("Literal", Node::Bool(literal)),
            ("NamesSecret", Node::Bool(names_a_secret(name))),
        ];
        Node::Map(entries.into_iter().collect())
    });
    Node::List(nodes.collect())
}

/// The commands that an instruction runs, with their bytes of the text.
fn commands(instruction: &Instruction, variables: &Variables) -> (Vec<Node>, Vec<Range<usize>>) {
    let mut nodes = Vec::new();
    let mut places = Vec::new();
    if let Some(words) = instruction.exec_form() {
        let shell_word = words.iter().position(|word| word.starts_with('-') && word.ends_with('c'));
        let script = match (words.first().map(|word| shell::base_name(word)), shell_word) {
            (Some("sh" | "bash" | "ash" | "dash"), Some(at)) => words.get(at + 1).cloned(),
            _ => None,
        };
        let found = match script {
            Some(script) => shell::commands(&script),
            None => vec![shell::Command { words, ..shell::Command::default() }],
        };
        for command in found {
            nodes.push(command_node(&command, variables));
            places.push(instruction.span.clone());
        }
        return (nodes, places);
    }
    for (script, start) in instruction.scripts() {
        for command in shell::commands(&script) {
            nodes.push(command_node(&command, variables));
            places.push(start + command.start..start + command.end);
        }
    }
    (nodes, places)
}

fn command_node(command: &shell::Command, variables: &Variables) -> Node {
    let mut entries = command.node();
    if let Some(installs) = packages::installs(command) {
        let unpinned = installs.packages.iter().map(|package| match variables.expand(package) {
            Node::Text(text) if text.contains('$') => undecided(package),
            Node::Text(text) if packages::is_pinned(installs.manager, &text) => Node::Absent,
            other => other,
        });
        entries.insert("Installs", Node::text(installs.manager));
        let unpinned = unpinned.filter(|node| !node.is_absent()).collect();
        entries.insert("Unpinned", Node::List(unpinned));
    }
    if let Some(manager) = packages::updates(command) {
        entries.insert("Updates", Node::text(manager));
    }
    entries.into()
}

fn undecided(what: &str) -> Node {
    Node::unknown(
        Why::new(WhyKind::Undecided, what).with_message("it is known only where the image is built"),
    )
}

/// `22`, `22/tcp`, `8000-8010`: the first port, and unknown what is computed.
fn port(written: &Node) -> Node {
    let Some(text) = written.as_str() else { return written.clone() };
    let number = text.split(['/', '-', ':']).next().unwrap_or_default();
    number.parse::<i64>().map_or_else(|_| undecided(text), Node::Int)
}

fn small(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
