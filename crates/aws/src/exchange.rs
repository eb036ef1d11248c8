//! One call: its attempts, what is learnt from each, and the one record of how it ended.

use std::sync::PoisonError;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::client::{Lane, Reply, Shared};
use crate::endpoint::NoTarget;
use crate::fault::{CallError, Kind, code, is_expired, is_skew, is_transient, kind_of, rejects_identity};
use crate::record::CallRecord;
use crate::sign::{Scope, sign};
use crate::table::Operation;
use crate::transport::{Response, TransportError};
use crate::wire::{self, WireRequest};

pub(crate) async fn call(
    shared: &Shared,
    operation: Operation,
    region: &str,
    params: &Value,
) -> Result<Reply, CallError> {
    let began = Instant::now();
    let name = operation.to_string();
    let mut call = Call { shared, operation, name: &name, region, params, attempts: 0, moved_to: None };
    let result = call.run().await;
    let record = CallRecord {
        operation: &name,
        region,
        attempts: call.attempts,
        error: result.as_ref().err(),
        took: began.elapsed(),
    };
    shared.ledger.add(&record);
    if let Some(recorder) = &shared.recorder {
        recorder.record(&record);
    }
    result
}

struct Call<'a> {
    shared: &'a Shared,
    operation: Operation,
    name: &'a str,
    region: &'a str,
    params: &'a Value,
    /// Requests sent.
    attempts: u32,
    /// The region in which S3 says the bucket is.
    moved_to: Option<String>,
}

/// How to go on after an attempt.
enum Next {
    /// With another attempt, after a delay; the error stands if there is none.
    Again {
        error: Box<CallError>,
        told: Option<Duration>,
    },
    /// At once: what was wrong has been set right. Each cause is granted once in a call.
    Corrected {
        error: Box<CallError>,
        cause: Cause,
    },
    Stop(Box<CallError>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Region,
    Credentials,
    Clock,
}

impl Call<'_> {
    async fn run(&mut self) -> Result<Reply, CallError> {
        let wire = wire::encode(self.operation, self.params)
            .map_err(|e| *self.fault(code::PARAMETER, e.to_string(), Kind::Failed))?;
        let limits = &self.shared.limits;
        // Waiting for the first turn is the client's own doing and does not count.
        let mut deadline = None;
        let mut tries = 0;
        let mut corrected: Vec<Cause> = Vec::new();
        loop {
            let next = match self.attempt(&wire, &mut deadline).await {
                Ok(reply) => return Ok(reply),
                Err(next) => next,
            };
            match next {
                Next::Stop(error) => return Err(*error),
                Next::Corrected { error, cause } => {
                    if corrected.contains(&cause) {
                        return Err(*error);
                    }
                    corrected.push(cause);
                }
                Next::Again { error, told } => {
                    tries += 1;
                    if tries >= limits.attempts.max(1) {
                        return Err(*error);
                    }
                    let delay = limits.delay(tries, self.shared.roll(), told);
                    if deadline.is_some_and(|d| Instant::now() + delay >= d) {
                        return Err(*error);
                    }
                    tokio::time::sleep(delay).await;
                }
            }
        }
    }

    async fn attempt(&mut self, wire: &WireRequest, deadline: &mut Option<Instant>) -> Result<Reply, Next> {
        let shared = self.shared;
        let region = self.moved_to.as_deref().unwrap_or(self.region);
        let target = shared.endpoints.target(self.operation, region).map_err(|e| {
            let kind = if matches!(e, NoTarget::Address(_)) { Kind::Failed } else { Kind::Unsupported };
            Next::Stop(self.fault(code::NO_ENDPOINT, e.to_string(), kind))
        })?;
        let lane = shared.lane(self.operation.service(), region);
        // Semaphores are never closed, so a turn is always given.
        let _turn = lane.slots.acquire().await.ok();
        let wait = lane.rate.lock().unwrap_or_else(PoisonError::into_inner).reserve(Instant::now());
        tokio::time::sleep(wait).await;
        let _slot = shared.slots.acquire().await.ok();
        let end = *deadline.get_or_insert_with(|| Instant::now() + shared.limits.deadline);

        let credentials = shared
            .vault
            .current(shared.now())
            .await
            .map_err(|e| Next::Stop(self.fault(code::CREDENTIALS, e.message, Kind::Failed)))?;
        let mut request = target
            .request(self.operation, wire, self.params)
            .map_err(|e| Next::Stop(self.fault(code::PARAMETER, e, Kind::Failed)))?;
        let scope =
            Scope { region: &target.signing_region, service: target.signing_name, time: shared.now() };
        sign(&mut request, &credentials, scope)
            .map_err(|e| Next::Stop(self.fault(code::PARAMETER, e.to_string(), Kind::Failed)))?;
        self.attempts += 1;
        let until = end.min(Instant::now() + shared.limits.attempt_timeout);
        let sent = tokio::time::timeout_at(until, shared.transport.send(request)).await;
        match sent.unwrap_or(Err(TransportError::Timeout)) {
            Ok(response) => {
                let next = self.read(&lane, &response);
                if let Err(Next::Corrected { cause: Cause::Credentials, .. }) = &next {
                    shared.vault.forget(&credentials).await;
                }
                next
            }
            Err(error) => Err(self.unsent(error, target.is_custom())),
        }
    }

    fn unsent(&self, error: TransportError, custom: bool) -> Next {
        let message = error.to_string();
        match error {
            TransportError::Connection(_) => {
                // A host that does not exist, where the published list does not offer the service either, is no
                // failure of the network.
                let listed = self.operation.regions(&self.shared.partition.id);
                let unlisted = !custom && !listed.is_empty() && !listed.contains(&self.region);
                let kind = if unlisted { Kind::Unsupported } else { Kind::Failed };
                Next::Again { error: self.fault(code::CONNECTION, message, kind), told: None }
            }
            TransportError::Timeout => {
                Next::Again { error: self.fault(code::TIMEOUT, message, Kind::Failed), told: None }
            }
            TransportError::TooLarge { .. } => Next::Stop(self.fault(code::TOO_LARGE, message, Kind::Failed)),
            TransportError::Request(_) => Next::Stop(self.fault(code::PARAMETER, message, Kind::Failed)),
        }
    }

    fn read(&mut self, lane: &Lane, response: &Response) -> Result<Reply, Next> {
        let Response { status, headers, body } = response;
        let Some(said) = wire::error(self.operation, *status, headers, body) else {
            lane.rate.lock().unwrap_or_else(PoisonError::into_inner).answered(Instant::now());
            self.shared.prove();
            return self.decoded(response);
        };
        let kind = kind_of(&said.code, &said.message, *status, self.shared.standing());
        let mut error = self.fault(&said.code, said.message, kind);
        error.status = Some(*status);
        error.request_id = said.request_id;
        let bucket_region = said.bucket_region.filter(|r| {
            self.operation.service() == "s3"
                && matches!(status, 301 | 307 | 400)
                && self.moved_to.as_deref().unwrap_or(self.region) != r
                && self.shared.endpoints.is_region(r)
        });
        if let Some(region) = bucket_region {
            self.moved_to = Some(region);
            return Err(Next::Corrected { error, cause: Cause::Region });
        }
        if is_expired(&error.code) {
            return Err(Next::Corrected { error, cause: Cause::Credentials });
        }
        if let Some(date) = is_skew(&error.code).then(|| date_of(headers)).flatten() {
            self.shared.set_clock(date);
            return Err(Next::Corrected { error, cause: Cause::Clock });
        }
        match kind {
            Kind::Throttled => {
                lane.rate.lock().unwrap_or_else(PoisonError::into_inner).throttled(Instant::now());
                Err(Next::Again { error, told: told_to_wait(headers) })
            }
            Kind::Failed if is_transient(&error.code, *status) => {
                Err(Next::Again { error, told: told_to_wait(headers) })
            }
            Kind::Refused
                if !error.code.starts_with("Http") && !rejects_identity(&error.code, &error.message) =>
            {
                // A refusal by policy comes after the signature was accepted.
                self.shared.prove();
                Err(Next::Stop(error))
            }
            _ => Err(Next::Stop(error)),
        }
    }

    fn decoded(&self, response: &Response) -> Result<Reply, Next> {
        let Response { status, headers, body } = response;
        match wire::decode(self.operation, *status, headers, body) {
            Ok(body) => Ok(Reply {
                body,
                at: Timestamp::try_from(self.shared.now()).unwrap_or(Timestamp::UNIX_EPOCH),
                request_id: wire::request_id(headers),
            }),
            Err(e) => {
                let mut error = self.fault(code::UNREADABLE, e.to_string(), Kind::Failed);
                error.status = Some(*status);
                error.request_id = wire::request_id(headers);
                // An answer that was cut off may be whole the next time.
                Err(if e.is_truncation() { Next::Again { error, told: None } } else { Next::Stop(error) })
            }
        }
    }

    fn fault(&self, code: &str, message: String, kind: Kind) -> Box<CallError> {
        let error = CallError::own(self.name, self.region, code, message, kind);
        Box::new(CallError { attempts: self.attempts, ..error })
    }
}

fn told_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    number("retry-after")
        .map(Duration::from_secs)
        .or_else(|| number("x-amz-retry-after").map(Duration::from_millis))
}

fn date_of(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(http::header::DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text).ok().map(|z| z.timestamp())
}
