//! From an operation and a region to the address of a request.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use serde_json::Value;
use thiserror::Error;

use crate::table::{Operation, Partition, Place, Table, Variant};
use crate::wire::WireRequest;

/// The rules by which a client addresses its requests.
#[derive(Debug)]
pub(crate) struct Endpoints {
    partition: &'static Partition,
    variant: Variant,
    /// For every service, from the caller, `AWS_ENDPOINT_URL` or the profile.
    general: Option<String>,
    /// The caller's own endpoint leaves no room for one of a service.
    settings: Option<SdkConfig>,
    by_service: Mutex<BTreeMap<&'static str, Option<String>>>,
}

/// Why a request has nowhere to go.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum NoTarget {
    #[error("`{0}` is no region of the partition {1}")]
    Region(String, String),
    #[error("{0} has no endpoint of the kind asked for in `{1}`")]
    Service(&'static str, String),
    #[error("the endpoint `{0}` must be an address like https://host:port")]
    Address(String),
}

/// Where a request goes, and what it is signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// `https://s3.eu-west-1.amazonaws.com`, without a slash at its end.
    base: String,
    pub(crate) signing_region: String,
    pub(crate) signing_name: &'static str,
    /// Given by the user: no name of a bucket or account may be put before its host.
    custom: bool,
}

impl Endpoints {
    pub(crate) fn new(partition: &'static Partition, config: &SdkConfig, given: Option<&str>) -> Self {
        let variant = Variant {
            fips: config.use_fips().unwrap_or(false),
            dual_stack: config.use_dual_stack().unwrap_or(false),
        };
        Self {
            partition,
            variant,
            general: given.or(config.endpoint_url()).map(str::to_owned),
            settings: given.is_none().then(|| config.clone()),
            by_service: Mutex::default(),
        }
    }

    /// The endpoint for all services, if it is no address: for a message at the start.
    pub(crate) fn broken(&self) -> Option<&str> {
        self.general.as_deref().filter(|url| !is_address(url))
    }

    /// Fails where the partition has no endpoint for the service, `region` is no region of it, or the service's
    /// configured endpoint is no address.
    pub(crate) fn target(&self, operation: Operation, region: &str) -> Result<Target, NoTarget> {
        if !self.is_region(region) {
            return Err(NoTarget::Region(region.to_owned(), self.partition.id.clone()));
        }
        let place = operation.service.place(&self.partition.id, region, self.variant);
        if let Some(url) = self.configured(operation) {
            if !is_address(&url) {
                return Err(NoTarget::Address(url));
            }
            let (signing_region, signing_name) = match place {
                Some(Place { signing_region, signing_name, .. }) => (signing_region, signing_name),
                None => (region.to_owned(), operation.service.signing_name),
            };
            let base = url.trim_end_matches('/').to_owned();
            return Ok(Target { base, signing_region, signing_name, custom: true });
        }
        let place = place.ok_or_else(|| NoTarget::Service(operation.service(), region.to_owned()))?;
        Ok(Target {
            base: format!("https://{}", place.host),
            signing_region: place.signing_region,
            signing_name: place.signing_name,
            custom: false,
        })
    }

    /// A region's name becomes part of a host name, and may come from a response: nothing but a name of this
    /// partition will do.
    pub(crate) fn is_region(&self, region: &str) -> bool {
        (2..=32).contains(&region.len())
            && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && Table::embedded().partition_of(region).is_some_and(|p| p.id == self.partition.id)
    }

    fn configured(&self, operation: Operation) -> Option<String> {
        let service = operation.service;
        let mut known = self.by_service.lock().unwrap_or_else(PoisonError::into_inner);
        let own = known.entry(service.name).or_insert_with(|| {
            let settings = self.settings.as_ref()?.service_config()?;
            let key = ServiceConfigKey::builder()
                .service_id(service.id)
                .profile("endpoint_url")
                .env("AWS_ENDPOINT_URL")
                .build()
                .ok()?;
            settings.load_config(key)
        });
        own.clone().or_else(|| self.general.clone())
    }
}

impl Target {
    /// Whether the user gave it.
    pub(crate) fn is_custom(&self) -> bool {
        self.custom
    }

    /// The whole request, unsigned.
    pub(crate) fn request(
        &self,
        operation: Operation,
        wire: &WireRequest,
        params: &Value,
    ) -> Result<http::Request<Vec<u8>>, String> {
        let (scheme, host) = self.base.split_once("://").unwrap_or(("https", &self.base));
        let mut path = wire.path.as_str();
        let mut prefix = String::new();
        if !self.custom {
            if let Some(template) = operation.model.host_prefix {
                prefix = host_prefix(template, params)?;
            } else if let Some(bucket) = bucket_for_host(operation, params) {
                prefix = format!("{bucket}.");
                path = path.strip_prefix('/').and_then(|p| p.strip_prefix(bucket)).unwrap_or(path);
            }
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        let question = if wire.query.is_empty() { "" } else { "?" };
        let uri = format!("{scheme}://{prefix}{host}{slash}{path}{question}{}", wire.query);
        let mut builder = http::Request::builder().method(wire.method).uri(uri);
        for (name, value) in &wire.headers {
            builder = builder.header(name, value);
        }
        builder = builder.header(http::header::USER_AGENT, concat!("partywall/", env!("CARGO_PKG_VERSION")));
        builder.body(wire.body.clone()).map_err(|e| e.to_string())
    }
}

fn is_address(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|u| {
        matches!(u.scheme_str(), Some("http" | "https")) && u.host().is_some() && u.query().is_none()
    })
}

fn host_prefix(template: &str, params: &Value) -> Result<String, String> {
    let Some((name, after)) = template.strip_prefix('{').and_then(|t| t.split_once('}')) else {
        return Ok(template.to_owned());
    };
    let value = params.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_label = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_label {
        return Err(format!("`{name}` must be a part of a host name"));
    }
    Ok(format!("{value}{after}"))
}

/// The bucket to name in the host: not one with dots, which no certificate covers, nor one that is no host name.
fn bucket_for_host(operation: Operation, params: &Value) -> Option<&str> {
    if operation.service.name != "s3" || !operation.model.uri.starts_with("/{Bucket}") {
        return None;
    }
    let bucket = params.get("Bucket")?.as_str()?;
    let fits = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !bucket.starts_with('-')
        && !bucket.ends_with('-');
    fits.then_some(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;
    use serde_json::json;

    fn partition(id: &str) -> &'static Partition {
        Table::embedded().partitions().iter().find(|p| p.id == id).unwrap()
    }

    fn endpoints(id: &str, config: SdkConfig) -> Endpoints {
        Endpoints::new(partition(id), &config, None)
    }

    fn plain(id: &str) -> Endpoints {
        endpoints(id, SdkConfig::builder().build())
    }

    fn uri(endpoints: &Endpoints, service: &str, name: &str, region: &str, params: Value) -> String {
        let operation = Operation::find(service, name).unwrap();
        let wire = wire::encode(operation, &params).unwrap();
        let target = endpoints.target(operation, region).unwrap();
        target.request(operation, &wire, &params).unwrap().uri().to_string()
    }

    #[test]
    fn services_answer_in_the_region_asked_for() {
        let e = plain("aws");
        assert_eq!(
            uri(&e, "ec2", "DescribeVpcs", "eu-west-1", json!({})),
            "https://ec2.eu-west-1.amazonaws.com/"
        );
        assert_eq!(
            uri(&e, "cloudwatch", "DescribeAlarms", "ap-south-1", json!({})),
            "https://monitoring.ap-south-1.amazonaws.com/"
        );
        let cn = plain("aws-cn");
        assert_eq!(
            uri(&cn, "ec2", "DescribeVpcs", "cn-north-1", json!({})),
            "https://ec2.cn-north-1.amazonaws.com.cn/"
        );
    }

    #[test]
    fn global_services_have_one_host_and_one_signing_region_for_each_partition() {
        for (id, region, base, signing) in [
            ("aws", "eu-west-1", "https://iam.amazonaws.com", "us-east-1"),
            ("aws-us-gov", "us-gov-east-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"),
            ("aws-cn", "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ] {
            let operation = Operation::find("iam", "ListUsers").unwrap();
            let target = plain(id).target(operation, region).unwrap();
            assert_eq!((target.base.as_str(), target.signing_region.as_str()), (base, signing));
            assert!(operation.is_global(id));
        }
        assert!(!Operation::find("sts", "GetCallerIdentity").unwrap().is_global("aws"));
    }

    #[test]
    fn fips_and_dual_stack_have_hosts_of_their_own() {
        let fips = endpoints("aws", SdkConfig::builder().use_fips(true).build());
        assert_eq!(
            uri(&fips, "kms", "ListKeys", "us-east-1", json!({})),
            "https://kms-fips.us-east-1.amazonaws.com/"
        );
        let both = endpoints("aws", SdkConfig::builder().use_fips(true).use_dual_stack(true).build());
        assert_eq!(
            uri(&both, "kms", "ListKeys", "us-east-1", json!({})),
            "https://kms-fips.us-east-1.api.aws/"
        );
    }

    #[test]
    fn a_bucket_stands_in_the_host_unless_it_has_dots_or_the_endpoint_is_the_users() {
        let e = plain("aws");
        let ask = |bucket: &str| uri(&e, "s3", "GetBucketPolicy", "eu-west-1", json!({ "Bucket": bucket }));
        assert_eq!(ask("plain-name"), "https://plain-name.s3.eu-west-1.amazonaws.com/?policy");
        assert_eq!(ask("with.dots"), "https://s3.eu-west-1.amazonaws.com/with.dots?policy");
        assert_eq!(ask("Upper/../x"), "https://s3.eu-west-1.amazonaws.com/Upper%2F..%2Fx?policy");
        let own = endpoints("aws", SdkConfig::builder().endpoint_url("http://127.0.0.1:9000/").build());
        assert_eq!(
            uri(&own, "s3", "GetBucketPolicy", "eu-west-1", json!({ "Bucket": "plain-name" })),
            "http://127.0.0.1:9000/plain-name?policy"
        );
    }

    #[test]
    fn the_account_stands_before_the_host_of_s3_control() {
        let e = plain("aws");
        assert_eq!(
            uri(&e, "s3control", "GetPublicAccessBlock", "us-west-2", json!({ "AccountId": "111122223333" })),
            "https://111122223333.s3-control.us-west-2.amazonaws.com/v20180820/configuration/publicAccessBlock"
        );
        let operation = Operation::find("s3control", "GetPublicAccessBlock").unwrap();
        let params = json!({ "AccountId": "evil.example/" });
        let wire = wire::encode(operation, &params).unwrap();
        assert!(e.target(operation, "us-west-2").unwrap().request(operation, &wire, &params).is_err());
    }

    #[test]
    fn a_name_that_is_no_region_of_the_partition_has_no_target() {
        let operation = Operation::find("ec2", "DescribeVpcs").unwrap();
        for region in ["", "eu-west-1.example.com/", "cn-north-1", "us-gov-west-1", "moon-1", "EU-WEST-1"] {
            assert!(matches!(plain("aws").target(operation, region), Err(NoTarget::Region(..))), "{region}");
        }
        assert!(plain("aws").target(operation, "eu-new-7").is_ok(), "a region newer than the table");
    }

    #[test]
    fn a_partition_may_lack_a_sort_of_endpoint() {
        let fips = endpoints("aws-cn", SdkConfig::builder().use_fips(true).build());
        let operation = Operation::find("s3", "ListBuckets").unwrap();
        assert_eq!(
            fips.target(operation, "cn-north-1"),
            Err(NoTarget::Service("s3", "cn-north-1".to_owned()))
        );
    }

    /// Stands for environment and profile.
    #[derive(Debug)]
    struct Configured(&'static str, &'static str);

    impl aws_types::service_config::LoadServiceConfig for Configured {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            (key.service_id() == self.0 && key.env() == "AWS_ENDPOINT_URL").then(|| self.1.to_owned())
        }
    }

    #[test]
    fn the_endpoint_of_a_service_goes_before_the_general_one_and_the_callers_before_both() {
        let config = || {
            SdkConfig::builder()
                .endpoint_url("http://general:1")
                .service_config(Configured("KMS", "http://only-kms:2/base/"))
                .build()
        };
        let e = endpoints("aws", config());
        assert_eq!(uri(&e, "kms", "ListKeys", "us-east-1", json!({})), "http://only-kms:2/base/");
        assert_eq!(uri(&e, "sns", "ListTopics", "us-east-1", json!({})), "http://general:1/");
        let e = Endpoints::new(partition("aws"), &config(), Some("http://mine:3"));
        assert_eq!(uri(&e, "kms", "ListKeys", "us-east-1", json!({})), "http://mine:3/");
        let e = endpoints("aws", SdkConfig::builder().service_config(Configured("KMS", "kms.local")).build());
        let operation = Operation::find("kms", "ListKeys").unwrap();
        assert_eq!(e.target(operation, "us-east-1"), Err(NoTarget::Address("kms.local".to_owned())));
        assert_eq!(e.broken(), None);
    }
}
