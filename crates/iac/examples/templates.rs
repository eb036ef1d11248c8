//! What the readers of CloudFormation and ARM templates make of a folder: `cargo run --example templates -- FOLDER [--all]`.
//!
//! Prints the templates, resources and troubles, the reasons for unknown values by how often they occur, and how
//! long it took; with `--all` every resource with its arguments.

#![allow(clippy::print_stdout, reason = "a program for people")]

use std::collections::BTreeMap;
use std::time::Instant;

use partywall_iac::terraform::StandardTypes;
use partywall_iac::{Tree, arm, cloudformation};

fn main() {
    let (flags, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let start = Instant::now();
    let tree = Tree::new(&folders);
    let read = [
        cloudformation::configurations(&tree, &[], &StandardTypes),
        arm::configurations(&tree, &[], &StandardTypes),
    ];
    let took = start.elapsed();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in read.iter().flat_map(|read| &read.configurations).flat_map(|made| &made.resources) {
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
    for trouble in read.iter().flat_map(|read| &read.troubles) {
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
        read.iter().map(|read| read.files).sum::<usize>(),
        kinds.len(),
        read.iter().map(|read| read.troubles.len()).sum::<usize>()
    );
}
