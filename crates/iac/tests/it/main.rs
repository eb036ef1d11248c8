//! Whole configurations in, resources out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod arm;
mod arm_assets;
mod bounds;
mod cloudformation;
mod compose;
mod corpus;
mod dockerfile;
mod evaluation;
mod functions;
mod grown;
mod kubernetes;
mod modules;
mod plan;
mod recovery;
mod reported;
mod resources;
mod runtimes;
mod terraform_kubernetes;
mod workflows;

use partywall_iac::Tree;
use partywall_iac::terraform::{Input, Read, Resource, StandardTypes, configurations};
use partywall_model::Node;

/// Reads files held in memory.
fn read(files: &[(&str, &str)]) -> Read {
    read_with(files, &[])
}

fn read_with(files: &[(&str, &str)], inputs: &[Input]) -> Read {
    let tree = Tree::of(files.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())));
    configurations(&tree, inputs, &StandardTypes)
}

/// The resource with an address, in whichever root it is.
fn resource<'r>(read: &'r Read, address: &str) -> &'r Resource {
    let mut all = read.configurations.iter().flat_map(|configuration| &configuration.resources);
    all.find(|resource| &*resource.address == address).unwrap_or_else(|| {
        let known: Vec<&str> = addresses(read);
        panic!("there is no `{address}` among {known:?}; {:?}", read.troubles)
    })
}

fn addresses(read: &Read) -> Vec<&str> {
    let all = read.configurations.iter().flat_map(|configuration| &configuration.resources);
    all.map(|resource| &*resource.address).collect()
}

/// The value of one expression, in a folder that holds `more` beside it.
fn value_in(expression: &str, more: &str) -> Node {
    let text = format!("resource \"test_thing\" \"it\" {{\n  value = {expression}\n}}\n{more}");
    let read = read(&[("main.tf", &text)]);
    assert!(read.troubles.is_empty(), "{:?}", read.troubles);
    resource(&read, "test_thing.it").arguments.key("value").clone()
}

/// The value of one expression that refers to nothing.
fn value(expression: &str) -> Node {
    value_in(expression, "")
}

/// A node in a short form: JSON, with unknown as `?`.
fn short(node: &Node) -> String {
    match node {
        Node::Absent => "null".to_owned(),
        Node::Unknown(_) => "?".to_owned(),
        Node::Bool(value) => value.to_string(),
        Node::Int(number) => number.to_string(),
        Node::Float(number) => number.to_string(),
        Node::Text(text) => format!("{text:?}"),
        Node::List(items) => format!("[{}]", items.iter().map(short).collect::<Vec<_>>().join(",")),
        Node::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", short(value))).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// The message of an unknown.
fn message(node: &Node) -> &str {
    node.why().map_or_else(|| panic!("{node:?} is known"), |why| &why.message)
}
