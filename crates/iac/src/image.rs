//! References to container images: `registry.example/team/app:1.2@sha256:…`.

use partywall_model::{Map, Node};

/// The registry of a reference that names none.
const DEFAULT_REGISTRY: &str = "docker.io";

/// A reference as `Registry`, `Repository`, `Tag` and `Digest`; what it does not say is absent.
pub(crate) fn image(reference: &str) -> Node {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Node::text(digest)),
        None => (reference, Node::Absent),
    };
    let after_path = name.rfind('/').map_or(0, |at| at + 1);
    let (path, tag) = match name.get(after_path..).unwrap_or_default().rfind(':') {
        Some(at) => {
            let (path, tag) = name.split_at(after_path + at);
            (path, Node::text(tag.trim_start_matches(':')))
        }
        None => (name, Node::Absent),
    };
    let (registry, repository) = match path.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => (DEFAULT_REGISTRY, path),
    };
    let entries: [(&str, Node); 4] = [
        ("Registry", Node::text(registry)),
        ("Repository", Node::text(repository)),
        ("Tag", tag),
        ("Digest", digest),
    ];
    entries.into_iter().collect::<Map>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reference: &str, registry: &str, repository: &str, tag: Option<&str>, digest: Option<&str>) {
        let image = image(reference);
        let found =
            ["Registry", "Repository", "Tag", "Digest"].map(|key| image.key(key).as_str().map(str::to_owned));
        let wanted = [Some(registry), Some(repository), tag, digest].map(|text| text.map(str::to_owned));
        assert_eq!(found, wanted, "{reference}");
    }

    #[test]
    fn a_reference_falls_into_its_parts() {
        check("nginx", "docker.io", "nginx", None, None);
        check("nginx:1.27", "docker.io", "nginx", Some("1.27"), None);
        check("localhost:5000/app", "localhost:5000", "app", None, None);
        check(
            "registry.example:443/team/app:1@sha256:ab",
            "registry.example:443",
            "team/app",
            Some("1"),
            Some("sha256:ab"),
        );
        check("team/app@sha256:ab", "docker.io", "team/app", None, Some("sha256:ab"));
    }
}
