//! Error bodies: each protocol has its own form, and some services a form of their own within it.

use http::HeaderMap;
use serde_json::Value;

use super::xml;
use crate::table::{Operation, Protocol};

/// What a service said when it did not do what was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WireError {
    /// Without namespace; `Http403` where a response has no code (to a `HEAD`, or from something that is not AWS).
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    /// The region that S3 names when a bucket was asked for in another.
    pub(crate) bucket_region: Option<String>,
}

/// Reads the error of a response, or `None` if the response is none.
pub(crate) fn error(
    operation: Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<WireError> {
    let is_xml = !matches!(operation.service.protocol, Protocol::Json | Protocol::RestJson);
    if (200..300).contains(&status) {
        // S3 answers some failures with 200 and an error body.
        let text =
            std::str::from_utf8(body).ok().filter(|_| operation.service.protocol == Protocol::RestXml)?;
        if !xml::root_is(text, "Error") {
            return None;
        }
    }
    let text = String::from_utf8_lossy(body);
    let mut error = if is_xml { from_xml(&text) } else { from_json(headers, body) };
    if error.code.is_empty() {
        error.code = format!("Http{status}");
    }
    error.request_id = error
        .request_id
        .or_else(|| header(headers, "x-amzn-requestid"))
        .or_else(|| header(headers, "x-amz-request-id"));
    error.bucket_region = header(headers, "x-amz-bucket-region").or(error.bucket_region);
    Some(error)
}

/// The id by which the provider finds a call again.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    header(headers, "x-amzn-requestid").or_else(|| header(headers, "x-amz-request-id"))
}

fn from_xml(text: &str) -> WireError {
    let [code, message, id, id_ec2, region] =
        xml::first_texts(text, ["Code", "Message", "RequestId", "RequestID", "Region"]);
    WireError {
        code: code.map(|c| bare(&c)).unwrap_or_default(),
        message: message.map(|m| m.trim().to_owned()).unwrap_or_default(),
        request_id: id.or(id_ec2).map(|i| i.trim().to_owned()).filter(|i| !i.is_empty()),
        bucket_region: region,
    }
}

fn from_json(headers: &HeaderMap, body: &[u8]) -> WireError {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let field =
        |names: &[&str]| names.iter().find_map(|n| body.get(n).and_then(Value::as_str).map(str::to_owned));
    // `code;fault`, from services that once spoke the query protocol.
    let query_code = || {
        let value = header(headers, "x-amzn-query-error")?;
        Some(value.split(';').next().unwrap_or_default().to_owned())
    };
    let code = header(headers, "x-amzn-errortype")
        .or_else(|| field(&["__type", "code", "Code"]))
        .or_else(query_code);
    WireError {
        code: code.map(|c| bare(&c)).unwrap_or_default(),
        message: field(&["message", "Message", "errorMessage"]).unwrap_or_default(),
        request_id: None,
        bucket_region: None,
    }
}

/// `aws.protocols#AccessDenied:http://…` is `AccessDenied`.
fn bare(code: &str) -> String {
    let code = code.trim().split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().to_owned()
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
}
