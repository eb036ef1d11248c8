//! Code that declares without evaluation: manifests, image files, services and workflows.

use partywall_iac::{Manifests, Tree, compose, dockerfile, kubernetes, runtimes, workflows};
use partywall_model::Source;

/// Manifests of Kubernetes, as YAML and as JSON, beside a kustomization of the same text.
pub fn iac_kubernetes(bytes: &[u8]) {
    hold(&["a.yaml", "b.json", "kustomization.yaml"], bytes, kubernetes::declared);
}

/// A Dockerfile.
pub fn iac_dockerfile(bytes: &[u8]) {
    hold(&["Dockerfile"], bytes, dockerfile::declared);
}

/// A Compose file.
pub fn iac_compose(bytes: &[u8]) {
    hold(&["compose.yaml"], bytes, compose::declared);
}

/// A workflow, and a composite action of the same text.
pub fn iac_workflows(bytes: &[u8]) {
    hold(&[".github/workflows/a.yml", "action.yml"], bytes, workflows::declared);
}

/// Files that name runtimes, and what names them among images and workflows.
pub fn code_runtimes(bytes: &[u8]) {
    let names = [
        ".python-version",
        ".tool-versions",
        "composer.json",
        "global.json",
        "go.mod",
        "package.json",
        "runtime.txt",
        "Dockerfile",
        ".github/workflows/a.yml",
    ];
    hold(&names, bytes, |tree| {
        runtimes::declared(tree, &[dockerfile::declared(tree), workflows::declared(tree)])
    });
}

/// Every place is in its file, every asset has an id of its own, a trouble says what to do, and reading twice gives
/// the same.
fn hold(names: &[&str], bytes: &[u8], read: fn(&Tree) -> Manifests) {
    let tree = Tree::of(names.iter().map(|name| (*name, bytes)));
    let made = read(&tree);
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    for trouble in &made.troubles {
        assert!(trouble.line as usize <= lines, "{trouble}: no such line");
        assert!(!trouble.what.is_empty() && !trouble.next.is_empty(), "{trouble:?} does not help");
    }
    let mut ids = std::collections::HashSet::new();
    for declared in &made.assets {
        assert!(ids.insert(declared.asset.id.clone()), "{} occurs twice", declared.asset.id);
        assert!(declared.place.line as usize <= lines, "{:?}: no such line", declared.place);
        for (path, source) in declared.asset.provenance.iter() {
            let Source::Code { span, .. } = source else { panic!("{path} does not come from the file") };
            assert!(
                bytes.get(span.start as usize..span.end as usize).is_some(),
                "{path}: {span:?} is not in the file"
            );
        }
    }
    assert_eq!(format!("{made:?}"), format!("{:?}", read(&tree)), "two readings differ");
}
