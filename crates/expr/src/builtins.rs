//! The built-in functions: one table for the compiler, the evaluator and the reference page.

use serde::{Deserialize, Serialize};

use partywall_model::Node;

use crate::documents::{self, Encoding};
use crate::equality::Work;
use crate::error::EvalError;
use crate::language::{Parameter, Signature, Type};
use crate::lists;
use crate::text;
use crate::value::Value;

/// A built-in function and how it is written.
#[derive(Clone, Copy, Debug)]
pub struct BuiltinFunction {
    pub(crate) builtin: Builtin,
    /// Its signature; of a method the first parameter is the subject.
    pub signature: Signature,
    /// How it is written.
    pub form: BuiltinForm,
}

/// How a built-in function is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuiltinForm {
    /// `f(x, y)`.
    Function,
    /// `x.f(y)`.
    Method,
    /// Either.
    Both,
}

/// All built-in functions, for the reference page.
pub fn builtin_functions() -> &'static [BuiltinFunction] {
    TABLE
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Builtin {
    Size,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
    LowerAscii,
    UpperAscii,
    Lower,
    Split,
    Join,
    Int,
    Double,
    String,
    Json,
    UrlJson,
    Csv,
    Base64,
    Flatten,
    Unique,
    First,
    Last,
    AsList,
    Keys,
    Values,
    Merge,
}

pub(crate) fn function(name: &str) -> Option<&'static BuiltinFunction> {
    TABLE.iter().find(|entry| entry.signature.name == name && entry.form != BuiltinForm::Method)
}

pub(crate) fn method(name: &str) -> Option<&'static BuiltinFunction> {
    TABLE.iter().find(|entry| entry.signature.name == name && entry.form != BuiltinForm::Function)
}

/// The names of all that can be written in that form.
pub(crate) fn names(form: BuiltinForm) -> impl Iterator<Item = &'static str> {
    TABLE
        .iter()
        .filter(move |entry| entry.form == form || entry.form == BuiltinForm::Both)
        .map(|entry| entry.signature.name)
}

pub(crate) fn returns(builtin: Builtin) -> Type {
    TABLE.iter().find(|entry| entry.builtin == builtin).map_or(Type::Any, |entry| entry.signature.returns)
}

/// Calls a built-in function; no argument is unknown as a whole. `subject` is the text of the call.
///
/// # Errors
/// Values that the function does not take.
pub(crate) fn apply<'v>(
    builtin: Builtin,
    first: Value<'v>,
    second: Option<Value<'v>>,
    subject: &str,
    work: &mut Work,
) -> Result<Value<'v>, EvalError> {
    let second = second.unwrap_or_else(Value::absent);
    let value = match builtin {
        Builtin::First => return lists::first(first, work),
        Builtin::Last => return lists::last(first, work),
        Builtin::AsList => return Ok(lists::as_list(first)),
        Builtin::Flatten => return lists::flatten(first, work),
        Builtin::Unique => return lists::unique(first, work),
        Builtin::Keys => return lists::map_keys(&first, work),
        Builtin::Values => return lists::map_values(first, work),
        Builtin::Join => lists::join(first, &second.node(), work)?,
        Builtin::Size => lists::size(&first, work)?,
        _ => plain(builtin, &first.node(), &second.node(), subject, work)?,
    };
    Ok(Value::Owned(value))
}

fn plain(builtin: Builtin, a: &Node, b: &Node, subject: &str, work: &mut Work) -> Result<Node, EvalError> {
    match builtin {
        Builtin::StartsWith => {
            text::question("startsWith", a, b, work, |text, part| Ok(text.starts_with(part)))
        }
        Builtin::EndsWith => text::question("endsWith", a, b, work, |text, part| Ok(text.ends_with(part))),
        Builtin::Contains => text::question("contains", a, b, work, |text, part| Ok(text.contains(part))),
        Builtin::Matches => {
            text::question("matches", a, b, work, |text, pattern| Ok(text::regex(pattern)?.is_match(text)))
        }
        Builtin::LowerAscii => {
            text::change("lowerAscii", a, work, |text| Node::from(text.to_ascii_lowercase()))
        }
        Builtin::UpperAscii => {
            text::change("upperAscii", a, work, |text| Node::from(text.to_ascii_uppercase()))
        }
        Builtin::Lower => text::change("lower", a, work, |text| Node::from(text.to_lowercase())),
        Builtin::Split => text::split(a, b, work),
        Builtin::Int => text::int(a, subject),
        Builtin::Double => text::double(a, subject),
        Builtin::String => text::string(a),
        Builtin::Json => documents::json(a, Encoding::Plain, subject, work),
        Builtin::UrlJson => documents::json(a, Encoding::Percent, subject, work),
        Builtin::Csv => documents::csv(a, subject, work),
        Builtin::Base64 => documents::base64(a, subject, work),
        Builtin::Merge => lists::merge(a, b, work),
        _ => Err(EvalError::types("this function is not applied here")),
    }
}

const fn entry(
    builtin: Builtin,
    form: BuiltinForm,
    name: &'static str,
    parameters: &'static [Parameter],
    returns: Type,
    doc: &'static str,
    example: &'static str,
) -> BuiltinFunction {
    let signature = Signature { name, parameters, returns, accepts_unknown: false, doc, example };
    BuiltinFunction { builtin, signature, form }
}

const ANY: &[Parameter] = &[Parameter::required("value", Type::Any)];
const TEXT: &[Parameter] = &[Parameter::required("text", Type::Text)];
const TEXT_AND_PART: &[Parameter] =
    &[Parameter::required("text", Type::Text), Parameter::required("part", Type::Text)];
const TEXT_AND_PATTERN: &[Parameter] =
    &[Parameter::required("text", Type::Text), Parameter::required("pattern", Type::Text)];
const LIST: &[Parameter] = &[Parameter::required("list", Type::List)];
const LIST_AND_SEPARATOR: &[Parameter] =
    &[Parameter::required("list", Type::List), Parameter::required("separator", Type::Text)];
const MAP: &[Parameter] = &[Parameter::required("map", Type::Map)];
const TWO_MAPS: &[Parameter] =
    &[Parameter::required("map", Type::Map), Parameter::required("over", Type::Map)];

use BuiltinForm::{Both, Function, Method};

#[rustfmt::skip]
const TABLE: &[BuiltinFunction] = &[
    entry(Builtin::Size, Both, "size", ANY, Type::Int,
        "How many characters, elements or entries; 0 of what is absent.",
        "size(asset.SecurityGroupIngress) > 0"),
    entry(Builtin::StartsWith, Method, "startsWith", TEXT_AND_PART, Type::Bool,
        "Whether the text begins with the part.",
        "asset.Runtime.startsWith(\"python\")"),
    entry(Builtin::EndsWith, Method, "endsWith", TEXT_AND_PART, Type::Bool,
        "Whether the text ends with the part.",
        "asset.BucketName.endsWith(\"-logs\")"),
    entry(Builtin::Contains, Method, "contains", TEXT_AND_PART, Type::Bool,
        "Whether the text has the part in it. Lists are looked into by `in`.",
        "asset.Description.contains(\"temporary\")"),
    entry(Builtin::Matches, Both, "matches", TEXT_AND_PATTERN, Type::Bool,
        "Whether the regular expression (RE2 syntax, at most 4096 bytes) is found anywhere in the text; `^` and `$` bind it to the ends.",
        "asset.ImageId.matches(\"^ami-[0-9a-f]+$\")"),
    entry(Builtin::LowerAscii, Method, "lowerAscii", TEXT, Type::Text,
        "The text with A to Z in lower case.",
        "asset.Engine.lowerAscii() == \"mysql\""),
    entry(Builtin::UpperAscii, Method, "upperAscii", TEXT, Type::Text,
        "The text with a to z in upper case.",
        "asset.Protocol.upperAscii() == \"TCP\""),
    entry(Builtin::Lower, Function, "lower", TEXT, Type::Text,
        "The text in lower case, in every script.",
        "lower(asset.Name) == \"straße\""),
    entry(Builtin::Split, Method, "split", TEXT_AND_PART, Type::List,
        "The pieces of the text between the parts; an empty list of what is absent.",
        "asset.Arn.split(\":\")[4]"),
    entry(Builtin::Join, Both, "join", LIST_AND_SEPARATOR, Type::Text,
        "The texts of the list in one, with the separator between them.",
        "join(asset.Aliases, \", \")"),
    entry(Builtin::Int, Function, "int", ANY, Type::Int,
        "A whole number of a number (cut off) or a text; a text that is none is unknown (malformed).",
        "int(asset.Port) < 1024"),
    entry(Builtin::Double, Function, "double", ANY, Type::Float,
        "A number with a fraction of a number or a text; a text that is none is unknown (malformed).",
        "double(asset.Version) >= 5.7"),
    entry(Builtin::String, Function, "string", ANY, Type::Text,
        "A text of a number, a bool or a text.",
        "string(asset.FromPort) == \"22\""),
    entry(Builtin::Json, Function, "json", ANY, Type::Any,
        "The JSON document in a text; what is a map or list already stays. A malformed one is unknown.",
        "json(asset.PolicyText).Version == \"2012-10-17\""),
    entry(Builtin::UrlJson, Function, "url_json", ANY, Type::Any,
        "Like `json`, percent-decoded first, as IAM returns policy documents.",
        "url_json(item.AssumeRolePolicyDocument)"),
    entry(Builtin::Csv, Function, "csv", ANY, Type::List,
        "The rows of a CSV text as maps that the first row names. A malformed one is unknown.",
        "csv(base64(item.Content)).filter(row, row.mfa_active == \"false\")"),
    entry(Builtin::Base64, Function, "base64", TEXT, Type::Text,
        "The text that was encoded, in either alphabet. What is none is unknown (malformed).",
        "base64(item.UserData).contains(\"password\")"),
    entry(Builtin::Flatten, Function, "flatten", LIST, Type::List,
        "The list with the elements of its lists in their place, one level deep.",
        "flatten(asset.Rules.map(rule, rule.Ports))"),
    entry(Builtin::Unique, Function, "unique", LIST, Type::List,
        "The list with each value once.",
        "size(unique(asset.AvailabilityZones)) > 1"),
    entry(Builtin::First, Function, "first", LIST, Type::Any,
        "The first element; absent of an empty list.",
        "first(asset.Reservations).OwnerId"),
    entry(Builtin::Last, Function, "last", LIST, Type::Any,
        "The last element; absent of an empty list.",
        "last(asset.Arn.split(\"/\"))"),
    entry(Builtin::AsList, Function, "as_list", ANY, Type::List,
        "A list stays, absent is an empty list, anything else becomes a list of itself: IAM documents write one or many.",
        "as_list(statement.Action).exists(action, action == \"*\")"),
    entry(Builtin::Keys, Function, "keys", MAP, Type::List,
        "The names in a map.",
        "\"aws:SourceVpc\" in keys(statement.Condition.StringEquals)"),
    entry(Builtin::Values, Function, "values", MAP, Type::List,
        "The values in a map.",
        "values(asset.Environment.Variables).exists(value, value.startsWith(\"AKIA\"))"),
    entry(Builtin::Merge, Function, "merge", TWO_MAPS, Type::Map,
        "The entries of both maps; where both have a name, the second one's value.",
        "merge(asset.DefaultTags, asset.OwnTags)"),
];
