//! A grown tree: modules, `for_each` and dynamic blocks in any number, from a seed.

use partywall_iac::Tree;
use partywall_iac::terraform::{StandardTypes, configurations};

#[path = "../../examples/grow/tree.rs"]
mod tree;

#[test]
fn everything_in_a_grown_tree_is_read() {
    let files = tree::grow(7, 40, 110);
    let lines: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
    assert!(lines > 3_000, "{lines}");
    let read = configurations(&Tree::of(files.clone()), &[], &StandardTypes);
    assert_eq!(read.files, files.len());
    assert!(read.troubles.is_empty(), "{:?}", &read.troubles[..read.troubles.len().min(5)]);
    let found: usize = read.configurations.iter().map(|configuration| configuration.resources.len()).sum();
    assert_eq!(found, tree::expected_resources(7, 40, 110));
    let again = configurations(&Tree::of(files), &[], &StandardTypes);
    assert_eq!(format!("{:?}", read.configurations), format!("{:?}", again.configurations));
}
