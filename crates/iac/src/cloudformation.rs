//! CloudFormation: what a tree of templates says will be deployed.
//!
//! [`configurations`] finds the templates among the `.yaml`, `.yml`, `.json` and `.template` files, reads
//! them with the position of every value, and evaluates parameters, mappings, conditions, intrinsic
//! functions, loops of the language extensions and the Serverless Application Model. Each template is a
//! configuration of its own, and its resources are those of [`crate::terraform`]: the logical id is the
//! address, the type is the kind, `Properties` are the arguments. `DeletionPolicy` and
//! `UpdateReplacePolicy` stand among the arguments.
//!
//! Nothing is deployed and nobody is asked, so a parameter without a value, the region or what another
//! stack exports is unknown, with the reason that leads there. A resource whose condition is not decided
//! is there with [`Resource::undecided`](crate::terraform::Resource::undecided) set.

mod conditions;
pub(crate) mod document;
mod evaluate;
mod functions;
pub(crate) mod json;
mod parameters;
mod plain_json;
mod references;
mod resources;
mod scalars;
mod serverless;
pub(crate) mod source;
pub(crate) mod yaml;

use std::collections::HashMap;
use std::sync::Arc;

use crate::terraform::{Configuration, Input, Read, Take, Types};
use crate::tree::{Text, Tree};
use crate::trouble::Trouble;
use document::{Documents, Form, Value};
use evaluate::Evaluator;
use source::Source;

/// A stack that the deepest template within the bounds fits on, also unoptimised.
const STACK_BYTES: usize = 64 << 20;

/// How the types of resources begin.
const TYPE_STARTS: [&str; 3] = ["AWS::", "Alexa::", "Custom::"];

/// Reads all templates of a tree. Of the inputs, a variable is a parameter (or a pseudo parameter such as
/// `AWS::Region`), and a file is a parameter file as `aws cloudformation deploy` takes it.
pub fn configurations(tree: &Tree, inputs: &[Input], types: &dyn Types) -> Read {
    let mut configurations = Vec::new();
    let read = each(tree, inputs, types, &mut |configuration| configurations.push(configuration));
    Read { configurations, ..read }
}

/// Reads the templates of a tree one after the other; what comes back holds none.
pub fn each(tree: &Tree, inputs: &[Input], types: &dyn Types, take: &mut Take<'_>) -> Read {
    let work = || {
        let mut troubles = Vec::new();
        let given = given(tree, inputs, &mut troubles);
        let mut read = Read::default();
        for path in tree.files().filter(|path| is_candidate(path)) {
            template(tree, path, &given, types, &mut read, take);
        }
        troubles.append(&mut read.troubles);
        troubles.sort();
        troubles.dedup();
        Read { troubles, ..read }
    };
    std::thread::scope(|scope| {
        let failed = |what: String| Read {
            troubles: vec![Trouble::new("", 0, what, "report this with the files that cause it")],
            ..Read::default()
        };
        match std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work) {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_| failed("reading CloudFormation ended in an internal error".to_owned())),
            Err(error) => failed(format!("no thread could be started to read CloudFormation: {error}")),
        }
    })
}

fn is_candidate(path: &str) -> bool {
    let ends = |end: &str| path.len() > end.len() && path.as_bytes().ends_with(end.as_bytes());
    [".yaml", ".yml", ".json", ".template"].into_iter().any(ends) && !path.ends_with(".tf.json")
}

/// A cheap test before anything is parsed.
fn looks_like_a_template(text: &str) -> bool {
    text.contains("AWSTemplateFormatVersion")
        || (text.contains("Resources") && TYPE_STARTS.iter().any(|start| text.contains(start)))
}

fn template(
    tree: &Tree,
    path: &Arc<str>,
    given: &HashMap<String, String>,
    types: &dyn Types,
    read: &mut Read,
    take: &mut Take<'_>,
) {
    let text = match tree.text(path) {
        Ok(text) => text,
        Err(trouble) => {
            read.troubles.push(trouble);
            return;
        }
    };
    if !looks_like_a_template(&text.text) {
        return;
    }
    let source = Source::of(path, &text);
    let documents = parsed(&text);
    let roots: Vec<&Value> = documents.roots.iter().filter(|root| is_template(root)).collect();
    let says_it_is_one = text.text.contains("AWSTemplateFormatVersion");
    if roots.is_empty() && (documents.faults.is_empty() || !says_it_is_one) {
        return;
    }
    read.files += 1;
    if let Some(line) = text.broken_line {
        let what = "there are bytes that are no UTF-8; each was read as `?`";
        read.troubles.push(Trouble::new(path.clone(), line, what, "save the file as UTF-8"));
    }
    read.troubles.extend(documents.faults.into_iter().map(|fault| source.faulty(fault)));
    let mut configuration = Configuration { folder: path.clone(), ..Configuration::default() };
    for root in roots {
        let mut evaluator = Evaluator::new(&source, root, given, types);
        configuration.resources.extend(evaluator.resources(root));
        read.troubles.append(&mut evaluator.troubles);
    }
    take(configuration);
}

/// JSON is tried where the file begins like it; a flow map of YAML begins alike.
fn parsed(text: &Text) -> Documents {
    if !text.text.trim_start().starts_with('{') {
        return yaml::read(&text.text, text.offset);
    }
    let documents = json::read(&text.text, text.offset);
    if documents.faults.is_empty() {
        return documents;
    }
    let as_yaml = yaml::read(&text.text, text.offset);
    if as_yaml.faults.is_empty() { as_yaml } else { documents }
}

fn is_template(root: &Value) -> bool {
    let names_a_type = |value: &Value| {
        let kind = value.get("Type").and_then(Value::as_str);
        kind.is_some_and(|kind| TYPE_STARTS.iter().any(|start| kind.starts_with(start)))
    };
    root.get("AWSTemplateFormatVersion").is_some()
        || root.get("Resources").is_some_and(|resources| {
            resources.entries().iter().any(|entry| {
                names_a_type(&entry.value)
                    || (entry.key.starts_with("Fn::ForEach::")
                        && entry
                            .value
                            .items()
                            .iter()
                            .flat_map(Value::entries)
                            .any(|entry| names_a_type(&entry.value)))
            })
        })
}

/// The parameters that were passed; of two the later counts.
fn given(tree: &Tree, inputs: &[Input], troubles: &mut Vec<Trouble>) -> HashMap<String, String> {
    let mut given = HashMap::new();
    for input in inputs {
        match input {
            Input::Variable { name, value } => {
                given.insert(name.clone(), value.clone());
            }
            Input::File(path)
                if path.ends_with(".json") || path.ends_with(".yaml") || path.ends_with(".yml") =>
            {
                match tree.text(path) {
                    Ok(text) => parsed(&text).roots.iter().for_each(|root| parameters_of(root, &mut given)),
                    Err(trouble) => troubles.push(trouble),
                }
            }
            // Terraform's.
            Input::File(_) | Input::Known { .. } => {}
        }
    }
    given
}

/// `[{"ParameterKey": …, "ParameterValue": …}]`, `{"Parameters": {…}}` or `["Name=Value"]`.
fn parameters_of(root: &Value, given: &mut HashMap<String, String>) {
    for item in root.items() {
        let pair = (item.get("ParameterKey"), item.get("ParameterValue"));
        if let (Some(name), Some(value)) =
            (pair.0.and_then(Value::as_str), pair.1.and_then(parameters::scalar))
        {
            given.insert(name.to_string(), value.to_string());
        } else if let Some((name, value)) = item.as_str().and_then(|text| text.split_once('=')) {
            given.insert(name.to_owned(), value.to_owned());
        }
    }
    let entries = root.get("Parameters").map(Value::entries).unwrap_or_default();
    for entry in entries {
        let value = match &entry.value.form {
            Form::List(items) => items.iter().filter_map(parameters::scalar).collect::<Vec<_>>().join(","),
            _ => parameters::scalar(&entry.value).unwrap_or_default().to_string(),
        };
        given.insert(entry.key.to_string(), value);
    }
}
