//! Reads the Terraform of a folder and prints what was found: files, resources, troubles, time.
//!
//! `cargo run -p partywall-iac --example survey -- FOLDER [--troubles] [--unknown] [--resources]`

use std::collections::BTreeMap;
use std::time::Instant;

use partywall_iac::Tree;
use partywall_iac::terraform::{StandardTypes, configurations};

fn main() {
    let (switches, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let wants = |switch: &str| switches.iter().any(|given| given == switch);
    let start = Instant::now();
    let tree = Tree::new(&folders);
    let listed = start.elapsed();
    let read = configurations(&tree, &[], &StandardTypes);
    let total = start.elapsed();
    let mut leaves = (0_usize, 0_usize);
    let mut operations: BTreeMap<String, usize> = BTreeMap::new();
    let mut resources = 0;
    for configuration in &read.configurations {
        for resource in &configuration.resources {
            resources += 1;
            leaves.0 += resource.places.len();
            resource.arguments.visit_unknowns(&mut |path, why| {
                leaves.1 += 1;
                if wants("--unknown") {
                    println!("{}: {} {path}: {why}", configuration.folder, resource.address);
                }
                let word = why.operation.split(['.', '[']).next().unwrap_or_default().to_owned();
                *operations.entry(word).or_default() += 1;
            });
            if wants("--resources") {
                println!("{}: {}:{}", resource.address, resource.place.file, resource.place.line);
            }
        }
    }
    if wants("--troubles") {
        for trouble in &read.troubles {
            println!("{trouble}");
        }
    }
    println!(
        "{} files, {} roots, {resources} resources, {} written places, {} unknown values, {} troubles",
        read.files,
        read.configurations.len(),
        leaves.0,
        leaves.1,
        read.troubles.len()
    );
    println!("listing {listed:?}, all {total:?}");
    let mut causes: Vec<_> = operations.into_iter().collect();
    causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (cause, count) in causes.iter().take(12) {
        println!("  {count:6} {cause}");
    }
}
