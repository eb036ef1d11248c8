//! Why a call gave no answer, and what kind of "not seen" that is.

use thiserror::Error;

/// A call that gave no answer. Whoever reads it must treat what it asked for as unknown, never as absent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{operation} in {region}: {code}{}{message}", if message.is_empty() { "" } else { ": " })]
pub struct CallError {
    /// `s3:GetBucketPolicy`.
    pub operation: String,
    /// The region that was asked.
    pub region: String,
    /// The service's own code (`AccessDenied`), or one of [`code`] where no service spoke.
    pub code: String,
    /// The service's own words.
    pub message: String,
    /// The HTTP status, where there was a response.
    pub status: Option<u16>,
    /// By which the provider can find the call.
    pub request_id: Option<String>,
    /// The kind of failure.
    pub kind: Kind,
    /// How often a request was sent.
    pub attempts: u32,
}

impl CallError {
    /// A failure that no response tells of.
    pub(crate) fn own(
        operation: impl Into<String>,
        region: impl Into<String>,
        code: &str,
        message: impl Into<String>,
        kind: Kind,
    ) -> Self {
        Self {
            operation: operation.into(),
            region: region.into(),
            code: code.to_owned(),
            message: message.into(),
            status: None,
            request_id: None,
            kind,
            attempts: 0,
        }
    }

    /// The table of operations does not have it.
    pub(crate) fn not_in_table(operation: &str, region: &str) -> Self {
        let message = "it is not in the operation table";
        Self::own(operation, region, code::PARAMETER, message, Kind::Unsupported)
    }
}

/// The codes of failures that no service reported.
pub mod code {
    /// The parameters do not fit the operation: a mistake in the caller.
    pub const PARAMETER: &str = "InvalidParameters";
    /// No connection, or one that was cut.
    pub const CONNECTION: &str = "ConnectionFailed";
    /// No answer in time.
    pub const TIMEOUT: &str = "Timeout";
    /// An answer larger than the limit.
    pub const TOO_LARGE: &str = "ResponseTooLarge";
    /// An answer that could not be read.
    pub const UNREADABLE: &str = "UnreadableResponse";
    /// No credentials could be had.
    pub const CREDENTIALS: &str = "NoCredentials";
    /// The partition has no endpoint for the service, or the region's name is none.
    pub const NO_ENDPOINT: &str = "NoEndpoint";
    /// A page gave the token that had led to it, or to one before it.
    pub const REPEATED_TOKEN: &str = "RepeatedToken";
    /// The service says that there is more, without saying how to ask for it.
    pub const MISSING_TOKEN: &str = "MissingToken";
    /// More pages than the limit.
    pub const TOO_MANY_PAGES: &str = "TooManyPages";
    /// The collection was stopped before the call was made or answered.
    pub const INTERRUPTED: &str = "Interrupted";
}

/// The kinds of failure, by what a user can do about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The caller's identity may not make this call: grant it.
    Refused,
    /// The service would not answer this often, to the last attempt: ask again later, or slower.
    Throttled,
    /// The region, account or partition does not have the service: nothing to do.
    Unsupported,
    /// Everything else, with the service's own code: "there is no such thing" (`NoSuchBucketPolicy`), a broken
    /// connection, a mistake.
    Failed,
}

/// What the credentials have shown so far, which decides how a rejected signature is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No service has accepted them yet.
    Unproven,
    /// They are good; a region that rejects them is not enabled for the account.
    Proven,
}

pub(crate) fn kind_of(code: &str, message: &str, status: u16, standing: Standing) -> Kind {
    if is_throttle(code, status) {
        return Kind::Throttled;
    }
    if rejects_identity(code, message) {
        return match standing {
            Standing::Proven => Kind::Unsupported,
            Standing::Unproven => Kind::Refused,
        };
    }
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "AccessDeniedFault"
        | "AllAccessDisabled"
        | "AuthFailure"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "Client.UnauthorizedOperation"
        | "ForbiddenException"
        | "InsufficientPrivilegesException"
        | "NotAuthorized"
        | "NotAuthorizedException"
        | "OperationNotPermittedException"
        | "UnauthorizedAccess"
        | "UnauthorizedException"
        | "UnauthorizedOperation" => Kind::Refused,
        "InvalidAction"
        | "NotImplemented"
        | "OperationNotSupportedException"
        | "OptInRequired"
        | "RegionDisabledException"
        | "SubscriptionRequiredException"
        | "UnknownEndpoint"
        | "UnknownOperationException"
        | "UnsupportedOperation"
        | "UnsupportedOperationException" => Kind::Unsupported,
        _ if code.starts_with("Http") && matches!(status, 401 | 403) => Kind::Refused,
        _ if status == 501 => Kind::Unsupported,
        _ => Kind::Failed,
    }
}

/// Whether the service does not know the credentials at all. EC2 uses one code for this and for a refusal.
pub(crate) fn rejects_identity(code: &str, message: &str) -> bool {
    match code {
        "InvalidAccessKeyId" | "InvalidClientTokenId" | "InvalidToken" | "UnrecognizedClientException" => {
            true
        }
        "AuthFailure" => message.contains("validate the provided access credentials"),
        _ => false,
    }
}

/// The codes for "too often", from the retry configuration that the AWS SDKs share.
fn is_throttle(code: &str, status: u16) -> bool {
    matches!(
        code,
        "BandwidthLimitExceeded"
            | "EC2ThrottledException"
            | "LimitExceededException"
            | "PriorRequestNotComplete"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "SlowDown"
            | "ThrottledException"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "TransactionInProgressException"
    ) || status == 429
}

/// Whether the same request may succeed a moment later, throttles apart.
pub(crate) fn is_transient(code: &str, status: u16) -> bool {
    matches!(status, 500 | 502 | 503 | 504)
        || matches!(
            code,
            "InternalError"
                | "InternalFailure"
                | "InternalServerError"
                | "InternalServiceError"
                | "RequestTimeout"
                | "RequestTimeoutException"
                | "ServiceUnavailable"
        )
}

/// Whether the credentials have run out between being handed over and being used.
pub(crate) fn is_expired(code: &str) -> bool {
    matches!(code, "ExpiredToken" | "ExpiredTokenException" | "RequestExpired")
}

/// Whether the service's clock and ours disagree.
pub(crate) fn is_skew(code: &str) -> bool {
    matches!(code, "RequestTimeTooSkewed" | "RequestInTheFuture")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: &str, status: u16) -> Kind {
        kind_of(code, "", status, Standing::Proven)
    }

    #[test]
    fn every_code_for_too_often_is_a_throttle_whatever_its_status() {
        for code in [
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "SlowDown",
            "BandwidthLimitExceeded",
            "LimitExceededException",
            "ProvisionedThroughputExceededException",
            "PriorRequestNotComplete",
            "TransactionInProgressException",
            "EC2ThrottledException",
        ] {
            assert_eq!(kind(code, 400), Kind::Throttled, "{code}");
            assert_eq!(kind(code, 503), Kind::Throttled, "{code}");
        }
        assert_eq!(kind("Http429", 429), Kind::Throttled);
    }

    #[test]
    fn refusals_are_told_from_what_does_not_exist() {
        for code in ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"] {
            assert_eq!(kind(code, 403), Kind::Refused, "{code}");
        }
        assert_eq!(kind("Http403", 403), Kind::Refused);
        for code in ["OptInRequired", "UnsupportedOperation", "SubscriptionRequiredException"] {
            assert_eq!(kind(code, 403), Kind::Unsupported, "{code}");
        }
        for code in ["NoSuchBucketPolicy", "NoSuchEntity", "ResourceNotFoundException", "InternalFailure"] {
            assert_eq!(kind(code, 404), Kind::Failed, "{code}");
        }
    }

    #[test]
    fn ec2s_code_for_a_region_that_is_not_enabled_is_told_from_its_refusal() {
        let unknown = "AWS was not able to validate the provided access credentials";
        assert_eq!(kind_of("AuthFailure", unknown, 401, Standing::Proven), Kind::Unsupported);
        assert_eq!(kind_of("AuthFailure", unknown, 401, Standing::Unproven), Kind::Refused);
        assert_eq!(kind_of("AuthFailure", "Not authorized for image", 403, Standing::Proven), Kind::Refused);
    }
}
