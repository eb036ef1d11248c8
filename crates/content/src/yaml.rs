//! YAML as people write it here, with the line of everything.
//!
//! `saphyr-parser` gives events with positions and tags; this module makes a tree of them and lets serde
//! read typed values from it, so that every error names a line. It is deliberately strict: one document,
//! no anchors or aliases, no duplicate keys, only `true` and `false` are booleans, and the one tag that
//! means anything is `!unknown "service:Operation ErrorCode"`, a value that was not seen.

mod de;
mod tree;

pub use de::{Located, from_str};
pub use tree::YamlError;
