//! What the files of one folder declare: variables, locals, outputs, resources, modules, providers.

mod program;
mod variables;

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use program::{Program, Vendored, is_local as is_local_source};
pub(crate) use variables::{Given, given};

use super::syntax::{Attribute, Block, Body, ExprKind, SourceFile};
use crate::trouble::Trouble;

/// A folder of Terraform files.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) folder: Arc<str>,
    pub(crate) files: Vec<SourceFile>,
    pub(crate) variables: Table,
    pub(crate) outputs: Table,
    pub(crate) resources: Table,
    pub(crate) calls: Table,
    pub(crate) providers: Vec<Declared>,
    pub(crate) locals: Vec<Local>,
    local_names: HashMap<Arc<str>, Vec<usize>>,
}

/// A block and the file it is in.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) file: usize,
    pub(crate) block: Block,
}

/// One local value.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) file: usize,
    pub(crate) attribute: Attribute,
}

/// Declared blocks of one kind, to be found by name.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) all: Vec<Declared>,
    names: HashMap<String, Vec<usize>>,
}

impl Table {
    fn add(&mut self, name: String, declared: Declared) {
        self.names.entry(name).or_default().push(self.all.len());
        self.all.push(declared);
    }

    /// The position of a declaration. Of several with one name, the one in `file` is meant, else the first.
    pub(crate) fn find(&self, name: &str, file: Option<usize>) -> Option<usize> {
        let found = self.names.get(name)?;
        prefer(found, file, |at| self.all.get(at).map(|declared| declared.file))
    }

    /// The declaration at a position.
    pub(crate) fn get(&self, at: usize) -> Option<&Declared> {
        self.all.get(at)
    }

    /// Names that are declared more than once, with the second declaration.
    fn doubles(&self) -> impl Iterator<Item = (&str, &Declared)> {
        self.names.iter().filter_map(|(name, found)| {
            let second = found.get(1).and_then(|at| self.all.get(*at))?;
            Some((name.as_str(), second))
        })
    }
}

fn prefer(found: &[usize], file: Option<usize>, file_of: impl Fn(usize) -> Option<usize>) -> Option<usize> {
    let same_file = file.and_then(|file| found.iter().copied().find(|at| file_of(*at) == Some(file)));
    same_file.or_else(|| found.first().copied())
}

impl Module {
    /// Sorts the contents of the files of one folder.
    pub(crate) fn new(folder: Arc<str>, files: Vec<SourceFile>, troubles: &mut Vec<Trouble>) -> Self {
        let mut module = Self { folder, ..Self::default() };
        for mut file in files {
            let body = std::mem::take(&mut file.body);
            let at = module.files.len();
            module.files.push(file);
            module.add(at, body, troubles);
        }
        module.report_doubles(troubles);
        module
    }

    /// The file at a position.
    pub(crate) fn file(&self, at: usize) -> Option<&SourceFile> {
        self.files.get(at)
    }

    /// The position of a local value.
    pub(crate) fn local(&self, name: &str, file: Option<usize>) -> Option<usize> {
        let found = self.local_names.get(name)?;
        prefer(found, file, |at| self.locals.get(at).map(|local| local.file))
    }

    fn add(&mut self, file: usize, body: Body, troubles: &mut Vec<Trouble>) {
        for block in body.blocks {
            let labels: Vec<&str> = block.labels.iter().map(|label| &**label).collect();
            let wanted = match &*block.kind {
                "resource" | "data" | "ephemeral" => 2,
                "variable" | "output" | "module" | "provider" => 1,
                _ => 0,
            };
            if labels.len() < wanted {
                self.trouble(
                    file,
                    &block,
                    format!("the `{}` block lacks its labels and was left out", block.kind),
                    "write its type and name in quotes",
                    troubles,
                );
                continue;
            }
            let name = match labels.as_slice() {
                [kind, name, ..] if wanted == 2 => resource_key(&block.kind, kind, name),
                [name, ..] => (*name).to_owned(),
                [] => String::new(),
            };
            match &*block.kind {
                "resource" | "data" | "ephemeral" => self.resources.add(name, Declared { file, block }),
                "variable" => self.variables.add(name, Declared { file, block }),
                "output" => self.outputs.add(name, Declared { file, block }),
                "module" => self.calls.add(name, Declared { file, block }),
                "provider" => self.providers.push(Declared { file, block }),
                "locals" => self.add_locals(file, block.body),
                // The rest steers Terraform itself and deploys nothing.
                "terraform" | "moved" | "import" | "removed" | "check" => {}
                other => {
                    let what = format!("`{other}` is no block that Terraform knows; it was left out");
                    self.trouble(file, &block, what, "check its spelling", troubles);
                }
            }
        }
    }

    fn add_locals(&mut self, file: usize, body: Body) {
        for attribute in body.attributes {
            self.local_names.entry(attribute.name.clone()).or_default().push(self.locals.len());
            self.locals.push(Local { file, attribute });
        }
    }

    fn trouble(&self, file: usize, block: &Block, what: String, next: &str, troubles: &mut Vec<Trouble>) {
        if let Some(file) = self.files.get(file) {
            troubles.push(Trouble::new(file.path.clone(), file.line(block.span.start), what, next));
        }
    }

    fn report_doubles(&self, troubles: &mut Vec<Trouble>) {
        let tables = [
            ("variable", &self.variables),
            ("output", &self.outputs),
            ("resource", &self.resources),
            ("module", &self.calls),
        ];
        let mut found = Vec::new();
        for (kind, table) in tables {
            for (name, second) in table.doubles() {
                let what = format!("{kind} `{name}` is declared more than once in the folder; each was read");
                self.trouble(second.file, &second.block, what, "give each a name of its own", &mut found);
            }
        }
        for (name, at) in &self.local_names {
            let Some(second) = at.get(1).and_then(|at| self.locals.get(*at)) else { continue };
            let Some(file) = self.files.get(second.file) else { continue };
            let what = format!("`local.{name}` is declared more than once in the folder; the first counts");
            let line = file.line(second.attribute.span.start);
            found.push(Trouble::new(file.path.clone(), line, what, "give each a name of its own"));
        }
        found.sort();
        troubles.append(&mut found);
    }
}

/// How a resource is found: `aws_s3_bucket.b`, `data.aws_ami.a`.
pub(crate) fn resource_key(mode: &str, kind: &str, name: &str) -> String {
    if mode == "resource" { format!("{kind}.{name}") } else { format!("{mode}.{kind}.{name}") }
}

/// The text of an attribute that must be a plain text.
pub(crate) fn plain_text<'a>(body: &'a Body, name: &str) -> Option<&'a Arc<str>> {
    match &body.attribute(name)?.value.kind {
        ExprKind::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether an attribute is written as `true`.
pub(crate) fn is_true(body: &Body, name: &str) -> bool {
    body.attribute(name).is_some_and(|attribute| match &attribute.value.kind {
        ExprKind::Bool(value) => *value,
        ExprKind::Text(text) => &**text == "true",
        _ => false,
    })
}
