//! Mappings: how a resource in code becomes the asset that it will be.
//!
//! One file per service. A type says which kind it is and which of its arguments fill which properties, so that the
//! checks of what runs judge what is about to run. Values are expressions over `tf`: the arguments by their own names,
//! nested blocks as lists, and what the provider computes (`id` and `arn` always). A type that only adds to another
//! resource folds into it.

use std::collections::{BTreeMap, BTreeSet};

use partywall_expr::Language;
use partywall_model::{Kind, Problem};
use serde::{Deserialize, Serialize};

use crate::collect::Expression;
use crate::functions::mapping_language;
use crate::load::{Content, FileReader};
use crate::yaml::Located;

/// What a resource type of Terraform becomes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mapping {
    /// The type, such as `aws_s3_bucket`.
    pub name: Box<str>,
    /// An asset, or a part of one.
    pub becomes: Becomes,
    /// Attributes that the provider computes and that follow from the arguments.
    pub computed: Vec<(Box<str>, Expression)>,
    /// Target path → value. What a part gives stands over what the whole gives.
    pub properties: Vec<(Box<str>, Expression)>,
    /// Target path → list, joined to the list that is there.
    pub append: Vec<(Box<str>, Expression)>,
    /// The file, as named in messages.
    pub file: Box<str>,
}

/// What a resource becomes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Becomes {
    /// An asset of its own.
    Asset(Box<AssetRule>),
    /// A part of another.
    Part(Box<PartRule>),
}

/// How an asset is named.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AssetRule {
    /// Its kind.
    pub kind: Kind,
    /// The provider's own id, where the arguments alone give it whole.
    pub id: Option<Expression>,
    /// The name that people know it by.
    pub name: Option<Expression>,
    /// The primary identifier of its kind.
    pub identifier: Option<Expression>,
    /// Overrides the region of the provider.
    pub region: Option<Expression>,
    /// Its tags.
    pub tags: Option<Expression>,
    /// Whether the arguments are its properties as they stand; what the entry gives stands over them.
    pub verbatim: bool,
    /// Assets that come with it without a resource of their own: an instance's network interface.
    pub beside: Vec<Beside>,
}

/// An asset that the provider makes beside a resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Beside {
    /// Its kind.
    pub kind: Kind,
    /// Target path → value.
    pub properties: Vec<(Box<str>, Expression)>,
}

/// Which resource a part belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartRule {
    /// The types that it may belong to.
    pub types: Vec<Box<str>>,
    /// What it says of them.
    pub by: Expression,
    /// The attribute of theirs that equals it.
    pub matches: Box<str>,
}

impl Mapping {
    /// Every path that it fills.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().chain(&self.append).map(|(path, _)| &**path)
    }
}

/// Of a mapping file: type → entry.
pub(crate) type MappingFile = BTreeMap<Box<str>, Located<EntryFile>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryFile {
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    folds_into: Option<FoldFile>,
    #[serde(default)]
    computed: BTreeMap<Box<str>, Located<String>>,
    #[serde(default)]
    id: Option<Located<String>>,
    #[serde(default)]
    name: Option<Located<String>>,
    #[serde(default)]
    identifier: Option<Located<String>>,
    #[serde(default)]
    region: Option<Located<String>>,
    #[serde(default)]
    tags: Option<Located<String>>,
    #[serde(default)]
    verbatim: bool,
    #[serde(default)]
    properties: BTreeMap<Box<str>, Located<String>>,
    #[serde(default)]
    append: BTreeMap<Box<str>, Located<String>>,
    #[serde(default)]
    beside: BTreeMap<Kind, BTreeMap<Box<str>, Located<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FoldFile {
    types: Vec<Box<str>>,
    by: Located<String>,
    #[serde(default)]
    matches: Option<Box<str>>,
}

/// Compiles a file.
pub(crate) fn mappings(reader: &mut FileReader<'_>, file: MappingFile) -> Vec<Mapping> {
    let language = mapping_language();
    let mut compiler = Compiler { language, reader };
    file.into_iter().filter_map(|(name, entry)| compiler.entry(name, entry)).collect()
}

struct Compiler<'a, 'b> {
    language: Language,
    reader: &'a mut FileReader<'b>,
}

impl Compiler<'_, '_> {
    fn entry(&mut self, name: Box<str>, Located { line, value }: Located<EntryFile>) -> Option<Mapping> {
        let names_itself = value.id.is_some() || value.name.is_some() || value.identifier.is_some();
        let becomes = match (value.kind, value.folds_into) {
            (Some(kind), None) => Becomes::Asset(Box::new(AssetRule {
                kind,
                id: self.optional(value.id)?,
                name: self.optional(value.name)?,
                identifier: self.optional(value.identifier)?,
                region: self.optional(value.region)?,
                tags: self.optional(value.tags)?,
                verbatim: value.verbatim,
                beside: self.beside(value.beside)?,
            })),
            (None, Some(_))
                if !value.beside.is_empty()
                    || names_itself
                    || value.region.is_some()
                    || value.tags.is_some() =>
            {
                self.reader.problem(
                    line,
                    format!("`{name}` is a part: it has no id, name, region, tags or assets beside it"),
                );
                return None;
            }
            (None, Some(fold)) => Becomes::Part(Box::new(PartRule {
                types: fold.types,
                by: self.expression(&fold.by)?,
                matches: fold.matches.unwrap_or_else(|| "id".into()),
            })),
            _ => {
                self.reader.problem(line, format!("`{name}` needs either `kind` or `folds_into`"));
                return None;
            }
        };
        Some(Mapping {
            becomes,
            computed: self.all(value.computed)?,
            properties: self.all(value.properties)?,
            append: self.all(value.append)?,
            file: self.reader.path.into(),
            name,
        })
    }

    fn beside(&mut self, kinds: BTreeMap<Kind, BTreeMap<Box<str>, Located<String>>>) -> Option<Vec<Beside>> {
        kinds.into_iter().map(|(kind, texts)| Some(Beside { kind, properties: self.all(texts)? })).collect()
    }

    fn all(&mut self, texts: BTreeMap<Box<str>, Located<String>>) -> Option<Vec<(Box<str>, Expression)>> {
        texts.into_iter().map(|(path, text)| Some((path, self.expression(&text)?))).collect()
    }

    fn expression(&mut self, text: &Located<String>) -> Option<Expression> {
        self.reader.program(text, &self.language).map(Expression)
    }

    /// The outer option is none where there was a mistake.
    fn optional(&mut self, text: Option<Located<String>>) -> Option<Option<Expression>> {
        match text {
            None => Some(None),
            Some(text) => self.expression(&text).map(Some),
        }
    }
}

/// Kinds and types that nobody knows.
pub(crate) fn problems(content: &Content) -> Vec<Problem> {
    let kinds: BTreeSet<&Kind> = content
        .services
        .iter()
        .flat_map(|service| service.kinds.keys())
        .chain(content.collectors.iter().flat_map(|collector| &collector.kinds).map(|kind| &kind.kind))
        .collect();
    let mut problems = Vec::new();
    for mapping in &content.mappings {
        let mut problem = |message: String| {
            problems.push(Problem::new(mapping.file.clone(), format!("`{}`: {message}", mapping.name)));
        };
        match &mapping.becomes {
            Becomes::Asset(rule) if !kinds.contains(&rule.kind) => {
                problem(format!("no service file and no collector knows the kind `{}`", rule.kind));
            }
            Becomes::Asset(_) => {}
            Becomes::Part(rule) => {
                for name in &rule.types {
                    match content.mapping(name).map(|whole| &whole.becomes) {
                        Some(Becomes::Asset(_)) => {}
                        Some(Becomes::Part(_)) => problem(format!("`{name}` is itself a part")),
                        None => problem(format!("no mapping knows `{name}`, into which it folds")),
                    }
                }
            }
        }
    }
    problems
}
