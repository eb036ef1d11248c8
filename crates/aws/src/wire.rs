//! The wire protocols: parameters to a request, a response to a JSON value, an error body to a code.
//!
//! On this side of the wire everything is `serde_json::Value` keyed by the member names of the service model, whatever
//! the protocol: a missing member stays missing, an empty list is `[]`, a timestamp is an RFC 3339 string, a blob is
//! base64. Members that the model has not (or that the table drops because they are secret) are not kept.

mod check;
mod error;
mod json;
mod query;
mod rest;
mod scalar;
mod xml;

#[cfg(test)]
mod tests;

use http::HeaderMap;
use serde_json::{Map, Value};
use thiserror::Error;

pub(crate) use check::ParameterError;
pub(crate) use error::{error, request_id};

use crate::table::{Location, Operation, Protocol, Service, Shape, Structure};

/// A request without its host, credentials and time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WireRequest {
    pub(crate) method: &'static str,
    /// Percent-encoded.
    pub(crate) path: String,
    /// Percent-encoded, without the question mark.
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a response could not be read for.
#[derive(Debug, Error)]
pub(crate) enum DecodeError {
    #[error("the body is not XML: {0}")]
    Xml(#[from] quick_xml::Error),
    #[error("the body is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the body refers to an entity `{0}`")]
    Entity(String),
    #[error("the body has a broken attribute: {0}")]
    Attribute(#[from] quick_xml::escape::EscapeError),
    #[error("the body is not UTF-8")]
    Utf8,
    #[error("the body ends early")]
    Truncated,
    #[error("the body is nested deeper than {DEEPEST}")]
    TooDeep,
    #[error("`{member}` is no {expected}")]
    Type { member: &'static str, expected: &'static str },
    #[error("the body has no `{0}`")]
    NoResult(&'static str),
}

impl DecodeError {
    /// Whether the body seems to have been cut off.
    pub(crate) fn is_truncation(&self) -> bool {
        match self {
            Self::Truncated => true,
            Self::Json(e) => e.is_eof(),
            Self::Xml(quick_xml::Error::Syntax(_)) => true,
            _ => false,
        }
    }
}

/// Deeper than any answer of the services, shallower than what would harm the stack.
const DEEPEST: usize = 96;

/// Writes the request of `operation`; every parameter is checked against the model first.
pub(crate) fn encode(operation: Operation, params: &Value) -> Result<WireRequest, ParameterError> {
    check::parameters(operation, params)?;
    let empty = Map::new();
    let params = params.as_object().unwrap_or(&empty);
    Ok(match operation.service.protocol {
        Protocol::Query | Protocol::Ec2 => query::encode(operation, params),
        Protocol::Json => json::encode(operation, params),
        Protocol::RestJson | Protocol::RestXml => rest::encode(operation, params),
    })
}

/// Reads a response that is no error.
pub(crate) fn decode(
    operation: Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, DecodeError> {
    let service = operation.service;
    let Some(output) = operation.model.output.and_then(|id| service.structure(id)) else {
        return Ok(Value::Object(Map::new()));
    };
    let mut answer = match service.protocol {
        Protocol::Query => xml::wrapped(service, output, operation.model.result_wrapper, text(body)?)?,
        Protocol::Ec2 => xml::wrapped(service, output, None, text(body)?)?,
        Protocol::Json => json::decode(service, output, body)?,
        Protocol::RestJson | Protocol::RestXml => rest::body(service, output, body)?,
    };
    if matches!(service.protocol, Protocol::RestJson | Protocol::RestXml) {
        rest::head(service, output, status, headers, &mut answer)?;
    }
    Ok(Value::Object(answer))
}

fn text(body: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(body).map_err(|_| DecodeError::Utf8)
}

impl Service {
    /// The payload member of a structure, if it has one.
    fn payload<'s>(&self, structure: &'s Structure) -> Option<&'s crate::table::Member> {
        let name = structure.payload?;
        structure.members.iter().find(|m| m.name == name)
    }

    fn is_scalar(&self, shape: u32) -> bool {
        !matches!(
            self.shape(shape),
            Some(Shape::Structure(_) | Shape::List { .. } | Shape::Map { .. }) | None
        )
    }
}

fn in_body(location: Location) -> bool {
    location == Location::Body
}
