//! The decoders, opened for the fuzz targets of this repository. It is no part of the interface and exists
//! only under the feature `fuzzing`.

use http::{HeaderMap, HeaderName, HeaderValue};
use partywall_content::SecretsRule;
use partywall_expr::Host;
use partywall_model::{Asset, Node};
use serde_json::Value;

use crate::client::{Client, Options};
use crate::credentials::{AccessKey, CredentialSource};
use crate::fault::{self, CallError, Kind};
use crate::pager::Pager;
use crate::table::{Operation, Protocol};
use crate::wire;

/// How the service of an operation is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// Bodies of XML under a wrapper.
    Query,
    /// Bodies of JSON, all members in it.
    Json,
    /// Members in headers too, JSON bodies.
    RestJson,
    /// Members in headers too, XML bodies.
    RestXml,
}

/// The protocol of an operation.
pub fn spoken(operation: Operation) -> Spoken {
    match operation.service.protocol {
        Protocol::Query | Protocol::Ec2 => Spoken::Query,
        Protocol::Json => Spoken::Json,
        Protocol::RestJson => Spoken::RestJson,
        Protocol::RestXml => Spoken::RestXml,
    }
}

/// A response as it comes from the wire. Headers that HTTP itself would refuse are left out.
#[derive(Clone, Debug)]
pub struct Response<'a> {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(&'a [u8], &'a [u8])>,
    /// Its body.
    pub body: &'a [u8],
}

impl Response<'_> {
    fn header_map(&self) -> HeaderMap {
        let header = |(name, value): &(&[u8], &[u8])| {
            Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
        };
        self.headers.iter().filter_map(header).collect()
    }
}

/// Reads a response that is no error; the message says why it cannot be read.
pub fn decode(operation: Operation, response: &Response<'_>) -> Result<Value, String> {
    wire::decode(operation, response.status, &response.header_map(), response.body)
        .map_err(|error| format!("{error} (truncated: {})", error.is_truncation()))
}

/// The code, message and kind of a response that is an error.
pub fn error(operation: Operation, response: &Response<'_>) -> Option<(String, String, Kind)> {
    let error = wire::error(operation, response.status, &response.header_map(), response.body)?;
    let kind = fault::kind_of(&error.code, &error.message, response.status, fault::Standing::Unproven);
    Some((error.code, error.message, kind))
}

/// An answer as the value tree that the collector works on.
pub fn node(answer: Value) -> Node {
    crate::collector::convert::node(answer)
}

/// The functions of collectors.
pub fn collector_functions() -> impl Host {
    partywall_content::ShapeFunctions
}

/// Takes secrets out of an asset as the collector does.
pub fn redact(asset: &mut Asset, rules: &[SecretsRule]) {
    crate::collector::redact::redact(asset, rules);
}

/// A client that never calls anybody.
pub fn idle_client() -> Result<Client, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    let options = Options {
        region: Some("eu-west-1".to_owned()),
        credentials: CredentialSource::Key(AccessKey::new("none", "none", None)),
        endpoint_url: Some("http://127.0.0.1:9".to_owned()),
        ..Options::default()
    };
    runtime.block_on(Client::connect(options)).map_err(|error| error.to_string())
}

/// What follows on a page: the parameters of the next call, none after the last page.
#[expect(clippy::result_large_err, reason = "as all calls; it is made once per page")]
pub fn follow(pager: &mut Pager, body: &Value, params: Value) -> Result<Option<Value>, CallError> {
    pager.follow(body, params)
}
