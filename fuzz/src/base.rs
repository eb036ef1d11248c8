//! The small content that targets stand on.

use std::sync::OnceLock;

use partywall_content::Content;
use partywall_content::load::{Files, load};
use partywall_model::ControlId;

/// The files of the small content, by path.
const FILES: [(&str, &str); 6] = [
    ("ssrm/controls.yaml", include_str!("base/controls.yaml")),
    ("ssrm/archetypes.yaml", include_str!("base/archetypes.yaml")),
    ("ssrm/services/aws/s3.yaml", include_str!("base/service.yaml")),
    ("frameworks/nist-800-53r5.yaml", include_str!("base/framework.yaml")),
    ("checks/aws/s3/s3-bucket-open.yaml", include_str!("base/check.yaml")),
    ("collect/aws/s3.yaml", include_str!("base/collector.yaml")),
];

/// Two controls, a framework, an archetype, a service, a check and a collector.
pub(crate) fn content() -> &'static Content {
    static CONTENT: OnceLock<Content> = OnceLock::new();
    CONTENT.get_or_init(|| {
        let files = FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let loaded = load(&Files(files), Content::default());
        assert_eq!(loaded.problems, [], "the small content itself");
        loaded.content
    })
}

/// The ids of its controls.
pub(crate) fn controls() -> &'static [ControlId] {
    static CONTROLS: OnceLock<Vec<ControlId>> = OnceLock::new();
    CONTROLS.get_or_init(|| content().control_ids())
}
