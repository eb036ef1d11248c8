//! What people edit without knowing Rust: the controls of the responsibility model, who holds them for
//! each service, checks, frameworks, collectors, end-of-life dates, and a user's own `partywall.yaml`.
//!
//! Text goes through three steps, and each knows only the one before: [`yaml`] reads a file into typed
//! values with lines; [`load`] compiles expressions and resolves references into [`Content`], with a
//! [`Problem`](partywall_model::Problem) for whatever is wrong; [`blob`] packs it so that a program starts
//! without parsing hundreds of files. The build runs all three on the repository's own `content/` and
//! fails on the first problem; a user's `--content` folder goes the same way at run time.

pub mod blob;
mod catalog;
mod check;
mod collect;
mod compile;
mod control;
mod files;
mod framework;
mod functions;
mod import;
mod lifecycle;
pub mod load;
mod mapping;
mod secret;
mod settings;
mod shape;
mod source;
mod validate;
pub mod yaml;

pub use catalog::{CATALOG_LIMIT, Catalog, CatalogControl, CatalogError};
pub use check::{Check, CheckStatus, Example, ExampleAsset, ExampleVerdict, Fix, Way};
pub use collect::{
    AbsentOn, CallTemplate, Collector, Expression, KindCollector, KindSource, ListCall, Prepare, Read,
    ReadTarget, RelationRule, Scope, SecretsRule, Template,
};
pub use control::{
    Archetype, Control, ControlBand, EffectMeaning, KillChain, KillChainCell, LineRule, LockheedStage,
    Sensor, ServiceLines, StageMeaning, Switch,
};
pub use framework::{Framework, Requirement, Strength, by_number};
pub use functions::{
    COLLECTOR_FUNCTIONS, FUNCTIONS, LINE_FUNCTIONS, MAPPING_FUNCTIONS, check_language, collector_language,
    line_language, mapping_functions, mapping_language,
};
pub use import::{ArnRule, ImportMap, WordRule};
pub use lifecycle::Lifecycle;
pub use load::{Content, Files, LoadError};
pub use mapping::{AssetRule, Becomes, Beside, Mapping, PartRule};
pub use secret::{
    AllowedSecret, SecretExample, SecretMatcher, SecretRule, SecretRules, SecretSettings, SecretValidator,
    SecretVerdict,
};
pub use settings::{
    AccountSettings, Assurance, Delegation, LabelRule, Period, Retention, Settings, SettingsError, SlaDays,
    ValidFor, Waiver,
};
pub use shape::ShapeFunctions;
pub use source::SourceRef;
