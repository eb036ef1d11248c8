//! What the CloudFormation reader makes of a folder: `cargo run --example templates -- FOLDER [--all]`.
//!
//! Prints the templates, resources and troubles, the reasons for unknown values by how often they occur, and how
//! long it took; with `--all` every resource with its arguments.

#![allow(clippy::print_stdout, reason = "a program for people")]

use std::collections::BTreeMap;
use std::time::Instant;

use partywall_iac::Tree;
use partywall_iac::cloudformation::configurations;
use partywall_iac::terraform::StandardTypes;

fn main() {
    let (flags, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let start = Instant::now();
    let tree = Tree::new(&folders);
    let read = configurations(&tree, &[], &StandardTypes);
    let took = start.elapsed();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in read.configurations.iter().flat_map(|configuration| &configuration.resources) {
        *kinds.entry(&resource.kind).or_default() += 1;
        resource.arguments.visit_unknowns(&mut |_, why| {
            *reasons.entry(why.operation.to_string()).or_default() += 1;
        });
        if flags.iter().any(|flag| flag == "--all") {
            println!(
                "{}:{} {} {}",
                resource.place.file, resource.place.line, resource.kind, resource.address
            );
            println!("  {:?}", resource.arguments);
        }
    }
    for trouble in &read.troubles {
        println!("{trouble}");
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (reason, count) in reasons.iter().take(25) {
        println!("{count:6} unknown by {reason}");
    }
    let resources: usize = kinds.values().sum();
    println!(
        "{} files, {} templates, {resources} resources of {} kinds, {} troubles, {took:?}",
        tree.files().count(),
        read.files,
        kinds.len(),
        read.troubles.len()
    );
}
