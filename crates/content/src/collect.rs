//! Collectors: which read operations fill which asset properties.
//!
//! One file per service. A kind says how its assets are listed, what their ids are, and which further reads
//! fill which properties. Values are expressions over `item` (an element of the list), `page` (a list's
//! answer), `reply` (a read's answer), `one` (an element of `each`), `read` (labelled answers so far),
//! `parent` (the parent's item), `account`, `region` (the one asked), `partition` and `main_region` (the
//! partition's first).

use std::collections::BTreeMap;

use partywall_expr::Program;
use partywall_model::{Kind, Node};
use serde::{Deserialize, Serialize};

use crate::yaml::Located;

/// The collectors of one service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Collector {
    /// The service whose endpoint is asked, by botocore's name.
    pub service: Box<str>,
    /// The kinds, in the order of the file.
    pub kinds: Vec<KindCollector>,
    /// The file, as named in messages.
    pub file: Box<str>,
}

/// Where a kind is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Once for the account, in the partition's main region; its assets' region is `global` unless said.
    Account,
    /// In every region.
    Region,
}

/// An expression that yields a value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Expression(pub Program);

/// How assets of one kind are read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KindCollector {
    /// The kind.
    pub kind: Kind,
    /// Where it is asked for.
    pub scope: Scope,
    /// Where its items come from.
    pub source: KindSource,
    /// Items for which this is false are left out (they belong to somebody else or are another kind).
    pub when: Option<Expression>,
    /// The provider's own id.
    pub id: Expression,
    /// The name that people know it by.
    pub name: Option<Expression>,
    /// The primary identifier of its kind.
    pub identifier: Option<Expression>,
    /// Overrides the account asked; a null result means that it belongs to no account in view.
    pub account: Option<Expression>,
    /// Overrides the region asked.
    pub region: Option<Expression>,
    /// Its tags: a list of key–value pairs, or a map.
    pub tags: Option<Expression>,
    /// Target path → value.
    pub properties: Vec<(Box<str>, Expression)>,
    /// Further reads per item, in order.
    pub read: Vec<Read>,
    /// References to other assets.
    pub relations: Vec<RelationRule>,
    /// What is looked at for secrets and redacted before anything is kept.
    pub secrets: Vec<SecretsRule>,
}

impl KindCollector {
    /// Every path that it fills.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        let of_list = self.properties.iter().map(|(target, _)| &**target);
        let of_reads = self.read.iter().flat_map(|read| &read.targets).map(|target| &*target.into);
        of_list.chain(of_reads).chain(self.secrets.iter().map(|rule| &*rule.into))
    }

    /// Whether it is asked for region by region, and its assets yet say themselves where they are.
    pub fn wanders(&self) -> bool {
        self.scope == Scope::Region && self.region.is_some()
    }
}

/// Where the items of a kind come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum KindSource {
    /// A list operation.
    List(ListCall),
    /// A list operation asked once for each asset of a parent kind.
    Nested {
        /// The parent kind, of the same file.
        parent: Kind,
        /// The list, in which `parent` is the parent's item.
        list: ListCall,
    },
    /// There is exactly one: an account, a region.
    Singleton,
}

/// A list operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListCall {
    /// The call.
    pub call: CallTemplate,
    /// Asked once for each element of this list, which the parameters find as `one`.
    pub each: Option<Expression>,
    /// The items of a page.
    pub items: Expression,
    /// Errors that mean that there are none. Every other failure means that the list is not whole.
    pub absent_on: Vec<AbsentOn>,
    /// Asked before, until it says that the list is ready.
    pub prepare: Option<Prepare>,
}

/// An error by which the provider says that there is nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentOn {
    /// Its code.
    pub code: Box<str>,
    /// What its message must hold, where the code alone may mean something else too.
    pub message: Option<Box<str>>,
}

impl AbsentOn {
    /// Whether an error is this one.
    pub fn matches(&self, code: &str, message: &str) -> bool {
        *self.code == *code && self.message.as_deref().is_none_or(|part| message.contains(part))
    }
}

/// An operation that must have finished before a read makes sense.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prepare {
    /// The call.
    pub call: CallTemplate,
    /// Over `reply`: whether it is ready.
    pub until: Expression,
}

/// A call with its parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallTemplate {
    /// Service asked, where it is not the file's own.
    pub service: Option<Box<str>>,
    /// The operation.
    pub operation: Box<str>,
    /// Its parameters.
    pub with: Template,
    /// The region to ask, where it is not the one in turn.
    pub region: Option<Expression>,
}

/// A value with expressions in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Template {
    /// As JSON text.
    Literal(Box<str>),
    /// A string that began with `=`.
    Expression(Expression),
    /// Named values; one that is null is left out.
    Map(Vec<(Box<str>, Template)>),
    /// A list.
    List(Vec<Template>),
}

/// A further read per item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Read {
    /// The name under which later expressions find its answer: `read.<label>`.
    pub label: Option<Box<str>>,
    /// The call.
    pub call: CallTemplate,
    /// Asked before, until it says that the answer is ready.
    pub prepare: Option<Prepare>,
    /// Whether all pages are read and joined at their items (`reply` is then the list).
    pub pages: Option<Expression>,
    /// Skipped, and its targets absent, where this is false.
    pub when: Option<Expression>,
    /// Asked once for each element of this list, which parameters and `answer` find as `one`; `reply` is
    /// then the list of answers.
    pub each: Option<Expression>,
    /// Over `reply` (and `one`): what is kept of an answer. The targets and `read.<label>` see this.
    pub answer: Option<Expression>,
    /// Permissions that the operation needs beside its own.
    pub needs: Vec<Box<str>>,
    /// Errors that mean *absent*. Every other failure means *unknown*.
    pub absent_on: Vec<AbsentOn>,
    /// What it fills.
    pub targets: Vec<ReadTarget>,
}

/// A property that a read fills.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadTarget {
    /// Target path.
    pub into: Box<str>,
    /// Over `reply`: the value.
    pub from: Expression,
    /// The documented value where the provider says that there is nothing.
    pub default: Option<Expression>,
}

/// A reference to assets of another kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationRule {
    /// Their kind.
    pub kind: Kind,
    /// The property that refers: a text or a list of texts.
    pub by: Box<str>,
}

/// A property that may hold secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretsRule {
    /// The property that is scanned and redacted.
    pub at: Box<str>,
    /// Where the kinds of what was found are kept.
    pub into: Box<str>,
    /// Whether the property is taken out altogether after the scan.
    #[serde(default)]
    pub drop: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectorFile {
    pub(crate) service: Box<str>,
    pub(crate) scope: Scope,
    pub(crate) kinds: BTreeMap<Kind, Located<KindFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KindFile {
    #[serde(default)]
    pub(crate) scope: Option<Scope>,
    #[serde(default)]
    pub(crate) list: Option<ListFile>,
    #[serde(default)]
    pub(crate) parent: Option<Located<Kind>>,
    #[serde(default)]
    pub(crate) singleton: bool,
    #[serde(default)]
    pub(crate) when: Option<Located<String>>,
    pub(crate) id: Located<String>,
    #[serde(default)]
    pub(crate) name: Option<Located<String>>,
    #[serde(default)]
    pub(crate) identifier: Option<Located<String>>,
    #[serde(default)]
    pub(crate) account: Option<Located<String>>,
    #[serde(default)]
    pub(crate) region: Option<Located<String>>,
    #[serde(default)]
    pub(crate) tags: Option<Located<String>>,
    #[serde(default)]
    pub(crate) properties: BTreeMap<Box<str>, Located<String>>,
    #[serde(default)]
    pub(crate) read: Vec<Located<ReadFile>>,
    #[serde(default)]
    pub(crate) relations: Vec<RelationRule>,
    #[serde(default)]
    pub(crate) secrets: Vec<SecretsRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListFile {
    pub(crate) op: Located<Box<str>>,
    #[serde(default)]
    pub(crate) service: Option<Box<str>>,
    #[serde(default)]
    pub(crate) with: Option<Node>,
    #[serde(default)]
    pub(crate) region: Option<Located<String>>,
    #[serde(default)]
    pub(crate) each: Option<Located<String>>,
    pub(crate) items: Located<String>,
    #[serde(default)]
    pub(crate) absent_on: Vec<Located<AbsentOnFile>>,
    #[serde(default)]
    pub(crate) prepare: Option<PrepareFile>,
}

/// A code, or a code with a part of the message.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum AbsentOnFile {
    Code(Box<str>),
    Worded(WordedFile),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordedFile {
    pub(crate) code: Box<str>,
    pub(crate) message: Box<str>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrepareFile {
    pub(crate) op: Located<Box<str>>,
    #[serde(default)]
    pub(crate) service: Option<Box<str>>,
    #[serde(default)]
    pub(crate) with: Option<Node>,
    pub(crate) until: Located<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadFile {
    pub(crate) op: Located<Box<str>>,
    #[serde(default)]
    pub(crate) service: Option<Box<str>>,
    #[serde(default, rename = "as")]
    pub(crate) label: Option<Box<str>>,
    #[serde(default)]
    pub(crate) with: Option<Node>,
    #[serde(default)]
    pub(crate) region: Option<Located<String>>,
    #[serde(default)]
    pub(crate) pages: Option<Located<String>>,
    #[serde(default)]
    pub(crate) when: Option<Located<String>>,
    #[serde(default)]
    pub(crate) prepare: Option<PrepareFile>,
    #[serde(default)]
    pub(crate) each: Option<Located<String>>,
    #[serde(default)]
    pub(crate) answer: Option<Located<String>>,
    #[serde(default)]
    pub(crate) needs: Vec<Box<str>>,
    #[serde(default)]
    pub(crate) absent_on: Vec<Located<AbsentOnFile>>,
    #[serde(default)]
    pub(crate) from: Option<Located<String>>,
    #[serde(default)]
    pub(crate) into: Option<Box<str>>,
    #[serde(default)]
    pub(crate) default: Option<Located<String>>,
    /// More than one property from one answer: target → value.
    #[serde(default)]
    pub(crate) fills: BTreeMap<Box<str>, Located<String>>,
}
