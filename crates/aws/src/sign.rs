//! Signature Version 4 over a finished request.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4;
use thiserror::Error;

/// Why a request could not be signed: it has a part that cannot be sent.
#[derive(Debug, Error)]
#[error("the request cannot be signed: {0}")]
pub(crate) struct SignError(String);

/// What a signature is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) time: SystemTime,
}

/// Adds the headers of the signature. Nothing that the signature covers may be changed afterwards.
pub(crate) fn sign(
    request: &mut http::Request<Vec<u8>>,
    credentials: &Credentials,
    scope: Scope<'_>,
) -> Result<(), SignError> {
    let fail = |e: &dyn std::fmt::Display| SignError(e.to_string());
    let mut settings = SigningSettings::default();
    if scope.service == "s3" {
        // S3 takes paths as they are sent, and wants the digest of the body (S3 API reference, "Authenticating
        // requests").
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.time)
        .settings(settings)
        .build()
        .map_err(|e| fail(&e))?
        .into();
    let uri = request.uri().to_string();
    let headers: Vec<(&str, &str)> =
        request.headers().iter().filter_map(|(n, v)| Some((n.as_str(), v.to_str().ok()?))).collect();
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), &uri, headers.into_iter(), body)
        .map_err(|e| fail(&e))?;
    let (instructions, _) = sign_request(signable, &params).map_err(|e| fail(&e))?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// The example of the AWS documentation, "Create a signed AWS API request": the credentials, the time and the
    /// signature are theirs.
    fn example() -> Credentials {
        Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None, None, "test")
    }

    #[test]
    fn the_vector_get_vanilla_of_the_published_suite_is_met() {
        let mut request = http::Request::get("https://example.amazonaws.com/").body(Vec::new()).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160); // 2015-08-30T12:36:00Z
        sign(&mut request, &example(), Scope { region: "us-east-1", service: "service", time }).unwrap();
        assert_eq!(
            request.headers()["authorization"],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[test]
    fn the_example_of_the_s3_reference_is_met() {
        // "Signature calculation examples", GET bucket lifecycle.
        let credentials = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        );
        let mut request =
            http::Request::get("https://examplebucket.s3.amazonaws.com/?lifecycle").body(Vec::new()).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600); // 2013-05-24T00:00:00Z
        sign(&mut request, &credentials, Scope { region: "us-east-1", service: "s3", time }).unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(
            authorization
                .ends_with("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            "{authorization}"
        );
    }
}
