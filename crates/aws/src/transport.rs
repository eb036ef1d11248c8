//! One HTTP stack for everything: our own calls and those of the credential chain.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, HttpClientError};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http::HeaderMap;
use http_body::Body;
use thiserror::Error;

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no response.
#[derive(Debug, Error)]
pub(crate) enum TransportError {
    #[error("{0}")]
    Connection(String),
    #[error("no answer in time")]
    Timeout,
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("{0}")]
    Request(String),
}

/// Sends requests; clones share the connections.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    connector: SharedHttpConnector,
    limit: usize,
}

impl Transport {
    pub(crate) fn new(
        connect_timeout: Duration,
        attempt_timeout: Duration,
        limit: usize,
        trust: Option<Vec<u8>>,
    ) -> Result<Self, HttpClientError> {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(connect_timeout)
            .read_timeout(attempt_timeout)
            .build();
        let tls = match trust {
            None => TlsContext::default(),
            Some(pem) => {
                let store = TrustStore::empty().with_native_roots(true).with_pem_certificate(pem);
                TlsContext::builder().with_trust_store(store).build()?
            }
        };
        Ok(Self { connector: SharedHttpConnector::new(Routes::new(settings, tls)), limit })
    }

    /// The same connections for the credential chain, which sets its own timeouts where they are shorter.
    pub(crate) fn for_credentials(&self) -> SharedHttpClient {
        let connector = self.connector.clone();
        let quick: Mutex<Option<(Option<Duration>, SharedHttpConnector)>> = Mutex::new(None);
        http_client_fn(move |settings, _| {
            // The instance metadata service is asked with a timeout of a second: where there is none, that must
            // not take ten.
            let Some(timeout) = settings.connect_timeout().filter(|t| *t <= Duration::from_secs(2)) else {
                return connector.clone();
            };
            let mut quick = quick.lock().unwrap_or_else(PoisonError::into_inner);
            match &*quick {
                Some((made_for, made)) if *made_for == Some(timeout) => made.clone(),
                _ => {
                    let made = SharedHttpConnector::new(direct(settings.clone(), TlsContext::default()));
                    *quick = Some((Some(timeout), made.clone()));
                    made
                }
            }
        })
    }

    pub(crate) async fn send(&self, request: http::Request<Vec<u8>>) -> Result<Response, TransportError> {
        let request =
            request.map(|body| if body.is_empty() { SdkBody::empty() } else { SdkBody::from(body) });
        let request = HttpRequest::try_from(request).map_err(|e| TransportError::Request(e.to_string()))?;
        let response = self.connector.call(request).await.map_err(|e| {
            if e.is_timeout() { TransportError::Timeout } else { TransportError::Connection(causes(&e)) }
        })?;
        let (head, mut body) =
            response.try_into_http1x().map_err(|e| TransportError::Connection(e.to_string()))?.into_parts();
        if body.size_hint().lower() > u64::try_from(self.limit).unwrap_or(u64::MAX) {
            return Err(TransportError::TooLarge { limit: self.limit });
        }
        let mut bytes = Vec::new();
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let frame = frame.map_err(|e| TransportError::Connection(causes(&*e)))?;
            let Ok(data) = frame.into_data() else { continue };
            if bytes.len() + data.len() > self.limit {
                return Err(TransportError::TooLarge { limit: self.limit });
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Response { status: head.status.as_u16(), headers: head.headers, body: bytes })
    }
}

/// Addresses of the machine's own metadata are never asked for through a proxy.
#[derive(Debug)]
struct Routes {
    outward: Connector,
    local: Connector,
}

impl Routes {
    fn new(settings: HttpConnectorSettings, tls: TlsContext) -> Self {
        let outward = Connector::builder()
            .connector_settings(settings.clone())
            .sleep_impl(TokioSleep::new())
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls.clone())
            .build();
        // What is local is spoken to without TLS, so no certificates are loaded for it.
        let none = TlsContext::builder().with_trust_store(TrustStore::empty()).build().unwrap_or(tls);
        Self { outward, local: direct(settings, none) }
    }
}

fn direct(settings: HttpConnectorSettings, tls: TlsContext) -> Connector {
    Connector::builder()
        .connector_settings(settings)
        .sleep_impl(TokioSleep::new())
        .proxy_config(ProxyConfig::disabled())
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build()
}

impl HttpConnector for Routes {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let host = request.uri().parse::<http::Uri>().ok().and_then(|u| u.host().map(str::to_owned));
        match host.as_deref() {
            Some(h) if h.starts_with("169.254.") || h == "[fd00:ec2::254]" => self.local.call(request),
            _ => self.outward.call(request),
        }
    }
}

/// An error with its causes on one line, without what is said twice.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = cause.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
