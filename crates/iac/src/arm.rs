//! Azure Resource Manager: what a tree of templates says will be deployed, Bicep's once it is compiled.
//!
//! [`configurations`] finds the templates among the `.json` files by their `$schema`, and evaluates parameters,
//! variables, the functions of the expression language, copies, conditions, and the templates of deployments. Each
//! template that no other one links is a configuration of its own, and its resources are those of
//! [`crate::terraform`]: the end of the resource id is the address, the whole type is the kind, and the body is the
//! arguments, with `id`, `name`, `type`, `apiVersion`, and where they apply `parent` and `scope` in it.
//!
//! Nothing is deployed and nobody is asked, so a parameter without a value, the location of the group or what a
//! resource says of itself once it is there is unknown, with the reason that leads there. A resource whose condition
//! is not decided is there with [`Resource::undecided`](crate::terraform::Resource::undecided) set.

mod deployments;
mod evaluate;
mod expression;
mod frame;
mod functions;
mod identity;
mod references;
mod resources;
mod special;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use partywall_model::Node;

use crate::deep_stack;
use crate::document::Value;
use crate::json::{self, Dialect};
use crate::source::Source;
use crate::terraform::{Configuration, Input, Read, Take, Types};
use crate::tree::{Text, Tree};
use crate::trouble::Trouble;
use crate::undecided::reason;
use evaluate::Evaluator;
use frame::{Frame, Given, Scope, plain, under};
use resources::Made;

/// A stack that the deepest template within the bounds fits on, also unoptimised.
const STACK_BYTES: usize = 192 << 20;

/// Reads all templates of a tree. Of the inputs, a variable is a parameter (or what is chosen when it is deployed,
/// such as `resourceGroup().location`), and a file is a parameter file.
pub fn configurations(tree: &Tree, inputs: &[Input], types: &dyn Types) -> Read {
    let mut configurations = Vec::new();
    let read = each(tree, inputs, types, &mut |configuration| configurations.push(configuration));
    configurations.sort_by(|a, b| a.folder.cmp(&b.folder));
    Read { configurations, ..read }
}

/// Reads the templates of a tree one after the other, so that only those have to be held that link others; what comes
/// back holds none.
pub fn each(tree: &Tree, inputs: &[Input], types: &dyn Types, take: &mut Take<'_>) -> Read {
    deep_stack::read("ARM templates", STACK_BYTES, || {
        let mut reading = Reading { tree, types, given: HashMap::new(), read: Read::default() };
        reading.given = given(tree, inputs, &mut reading.read.troubles);
        let (mut linking, mut others) = (Vec::new(), Vec::new());
        for path in tree.files().filter(|path| is_candidate(path)) {
            match reading.text(path) {
                Some(text) if text.text.contains("templateLink") => linking.push(path),
                Some(_) => others.push(path),
                None => {}
            }
        }
        let mut links: BTreeMap<&Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
        let mut made = Vec::new();
        for path in linking {
            if let Some((configuration, linked)) = reading.template(path) {
                links.insert(path, linked);
                made.push(configuration);
            }
        }
        let parts = parts(&links);
        made.into_iter().filter(|made| !parts.contains(&made.folder)).for_each(&mut *take);
        reading.read.files += others.iter().filter(|path| parts.contains(**path)).count();
        for path in others.into_iter().filter(|path| !parts.contains(*path)) {
            if let Some((configuration, _)) = reading.template(path) {
                take(configuration);
            }
        }
        reading.read.troubles.sort();
        reading.read.troubles.dedup();
        reading.read
    })
}

fn is_candidate(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.ends_with(".json") && !path.ends_with(".tf.json")
}

/// The schemas of all scopes end so, whatever their version.
fn names_a_template(text: &str) -> bool {
    text.to_ascii_lowercase().contains("deploymenttemplate.json")
}

/// The templates of a tree while they are read.
struct Reading<'t> {
    tree: &'t Tree,
    types: &'t dyn Types,
    given: HashMap<String, Given>,
    read: Read,
}

impl Reading<'_> {
    /// The text of a file that may be a template.
    fn text(&mut self, path: &Arc<str>) -> Option<Text> {
        match self.tree.text(path) {
            Ok(text) => names_a_template(&text.text).then_some(text),
            Err(trouble) => {
                self.read.troubles.push(trouble);
                None
            }
        }
    }

    /// Evaluates the template of a file, and says which others it links.
    fn template(&mut self, path: &Arc<str>) -> Option<(Configuration, Vec<Arc<str>>)> {
        let text = self.text(path)?;
        let source = Rc::new(Source::of(path, &text));
        let documents = json::read(&text.text, text.offset, Dialect::Commented);
        let root = documents.roots.first().and_then(template_in)?;
        self.read.files += 1;
        if let Some(line) = text.broken_line {
            let what = "there are bytes that are no UTF-8; each was read as `?`";
            self.read.troubles.push(Trouble::new(path.clone(), line, what, "save the file as UTF-8"));
        }
        self.read.troubles.extend(documents.faults.into_iter().map(|fault| source.faulty(fault)));
        let scope = Scope::of(&root);
        let frame = Rc::new(Frame::new(usize::MAX, source, root.clone(), scope, None));
        let mut evaluator = Evaluator::new(self.tree, self.types, &self.given, frame);
        let mut made = Made::default();
        evaluator.resources(&root, None, &mut made);
        self.read.troubles.append(&mut evaluator.troubles);
        let configuration = Configuration { folder: path.clone(), resources: made.resources };
        Some((configuration, evaluator.linked))
    }
}

/// The template that a file is, or that it wraps as a blueprint's artifact or a template spec.
fn template_in(root: &Value) -> Option<Value> {
    let is_template = |value: &&Value| {
        under(value, "$schema").and_then(Value::as_str).is_some_and(|schema| names_a_template(schema))
    };
    let wrapped = |key: &str| under(root, "properties").and_then(|properties| under(properties, key));
    [Some(root), wrapped("template"), wrapped("mainTemplate")]
        .into_iter()
        .flatten()
        .find(is_template)
        .cloned()
}

/// The files that are evaluated with a file that links them. Of those that only link each other, each stands for
/// itself.
fn parts(links: &BTreeMap<&Arc<str>, Vec<Arc<str>>>) -> BTreeSet<Arc<str>> {
    let linked: BTreeSet<&Arc<str>> = links.values().flatten().collect();
    let mut parts = BTreeSet::new();
    let mut open: Vec<&Arc<str>> = links.keys().copied().filter(|path| !linked.contains(path)).collect();
    while let Some(path) = open.pop() {
        for part in links.get(path).into_iter().flatten() {
            if parts.insert(part.clone()) {
                open.push(part);
            }
        }
    }
    parts
}

/// The values that were passed, by their names in lower case; of two the later counts.
fn given(tree: &Tree, inputs: &[Input], troubles: &mut Vec<Trouble>) -> HashMap<String, Given> {
    let mut given = HashMap::new();
    for input in inputs {
        match input {
            Input::Variable { name, value } => {
                given.insert(name.to_ascii_lowercase(), Given::Written(value.clone()));
            }
            Input::File(path) if path.ends_with(".json") => match tree.text(path) {
                Ok(text) => {
                    let documents = json::read(&text.text, text.offset, Dialect::Commented);
                    documents.roots.iter().for_each(|root| parameters_of(root, &mut given));
                }
                Err(trouble) => troubles.push(trouble),
            },
            // Another language's.
            Input::File(_) | Input::Known { .. } => {}
        }
    }
    given
}

/// `{"parameters": {"name": {"value": …}, "other": {"reference": {"keyVault": …}}}}`
fn parameters_of(root: &Value, given: &mut HashMap<String, Given>) {
    for entry in under(root, "parameters").map(Value::entries).unwrap_or_default() {
        let node = match (under(&entry.value, "value"), under(&entry.value, "reference")) {
            (Some(value), _) => plain(value),
            (None, Some(_)) => {
                let operation = format!("parameters('{}')", entry.key);
                Node::Unknown(reason(operation, "its value is fetched from a vault when it is deployed"))
            }
            (None, None) => continue,
        };
        given.insert(entry.key.to_ascii_lowercase(), Given::Value(node));
    }
}
