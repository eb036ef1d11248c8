//! Who calls: the provider's own chain of credentials, with a role on top if one is named.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_credential_types::{Credentials, credential_fn::provide_credentials_fn};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::Mutex;

use crate::client::Clock;
use crate::transport::causes;

/// Where the credentials come from.
#[derive(Clone, Debug, Default)]
pub enum CredentialSource {
    /// The chain that the AWS command line uses: environment, profiles, SSO, `credential_process`, web identity,
    /// container, instance metadata.
    #[default]
    Chain,
    /// A key that the caller holds already.
    Key(AccessKey),
}

/// An access key. Its secret parts are never shown.
#[derive(Clone)]
pub struct AccessKey(Credentials);

impl AccessKey {
    /// A key, with the session token of temporary credentials.
    pub fn new(id: impl Into<String>, secret: impl Into<String>, session_token: Option<String>) -> Self {
        Self(Credentials::new(id, secret, session_token, None, "partywall"))
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKey({}, …)", self.0.access_key_id())
    }
}

/// A role to assume with the credentials found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// `arn:aws:iam::111122223333:role/audit`.
    pub arn: String,
    /// What the role's trust policy asks for, if it does.
    pub external_id: Option<String>,
}

/// By which the account's trail shows who called.
const SESSION_NAME: &str = "partywall";

/// Renewed this long before they end, so that none ends on the way.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

pub(crate) struct Asked<'a> {
    pub(crate) profile: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) endpoint_url: Option<&'a str>,
    pub(crate) fips: Option<bool>,
    pub(crate) dual_stack: Option<bool>,
}

/// Reads environment and profile. The instance metadata service is not asked for a region: on a laptop that would only
/// cost time.
pub(crate) async fn load(asked: &Asked<'_>, http: SharedHttpClient) -> SdkConfig {
    let mut from_profile = ProfileFileRegionProvider::builder();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    if let Some(profile) = asked.profile {
        from_profile = from_profile.profile_name(profile);
        loader = loader.profile_name(profile);
    }
    if let Some(url) = asked.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(fips) = asked.fips {
        loader = loader.use_fips(fips);
    }
    if let Some(dual) = asked.dual_stack {
        loader = loader.use_dual_stack(dual);
    }
    let region = RegionProviderChain::first_try(asked.region.map(|r| Region::new(r.to_owned())))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(from_profile.build())
        .or_else(Region::from_static("us-east-1"));
    loader.region(region).load().await
}

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct NoCredentials {
    /// The service's own code, where it was a role that could not be assumed.
    pub(crate) code: Option<String>,
    /// All that was said, from the outermost cause on.
    pub(crate) message: String,
}

impl NoCredentials {
    fn of(error: &(dyn Error + 'static)) -> Self {
        let mut causing = Some(error);
        let mut code = None;
        while let Some(cause) = causing {
            if let Some(refused) = cause.downcast_ref::<AssumeRoleError>() {
                code = refused.meta().code().map(str::to_owned);
            }
            if let Some(below) = cause.downcast_ref::<Self>() {
                code.clone_from(&below.code);
            }
            causing = cause.source();
        }
        Self { code, message: causes(error) }
    }
}

/// Holds the credentials in use and renews them in time.
pub(crate) struct Vault {
    provider: SharedCredentialsProvider,
    held: Mutex<Option<Credentials>>,
}

impl Vault {
    pub(crate) async fn open(
        source: &CredentialSource,
        role: Option<&Role>,
        config: &SdkConfig,
        clock: &Clock,
    ) -> Result<Arc<Self>, String> {
        let base = match source {
            CredentialSource::Key(AccessKey(key)) => SharedCredentialsProvider::new(key.clone()),
            CredentialSource::Chain => config
                .credentials_provider()
                .ok_or_else(|| "neither environment nor profile names any credentials".to_owned())?,
        };
        let own = Arc::new(Self { provider: base, held: Mutex::new(None) });
        Ok(match role {
            None => own,
            Some(role) => own.assuming(role, config, clock).await,
        })
    }

    /// The credentials of a role that is assumed with these, as long as these are good.
    pub(crate) async fn assuming(
        self: &Arc<Self>,
        role: &Role,
        config: &SdkConfig,
        clock: &Clock,
    ) -> Arc<Self> {
        let mut builder = AssumeRoleProvider::builder(&role.arn).session_name(SESSION_NAME).configure(config);
        if let Some(id) = &role.external_id {
            builder = builder.external_id(id);
        }
        let (base, clock) = (Arc::clone(self), Arc::clone(clock));
        let held = provide_credentials_fn(move || {
            let (base, clock) = (Arc::clone(&base), Arc::clone(&clock));
            async move { base.current(clock()).await.map_err(CredentialsError::provider_error) }
        });
        let provider = builder.build_from_provider(held).await;
        Arc::new(Self { provider: SharedCredentialsProvider::new(provider), held: Mutex::new(None) })
    }

    /// Credentials that are good for a while. Whoever comes while they are being renewed waits for the result.
    pub(crate) async fn current(&self, now: SystemTime) -> Result<Credentials, NoCredentials> {
        let mut held = self.held.lock().await;
        if let Some(credentials) = held.as_ref().filter(|c| c.expiry().is_none_or(|e| e > now + RENEW_BEFORE))
        {
            return Ok(credentials.clone());
        }
        let fresh = self.provider.provide_credentials().await.map_err(|e| NoCredentials::of(&e))?;
        *held = Some(fresh.clone());
        Ok(fresh)
    }

    /// The service said that these have run out.
    pub(crate) async fn forget(&self, used: &Credentials) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|h| h == used) {
            *held = None;
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_credential_types::provider::future;

    /// Gives a new key each time, good for so many seconds after 1970.
    #[derive(Debug)]
    struct Mint(Arc<AtomicU32>, u64);

    impl ProvideCredentials for Mint {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let n = self.0.fetch_add(1, Ordering::SeqCst);
            let end = SystemTime::UNIX_EPOCH + Duration::from_secs(self.1);
            future::ProvideCredentials::ready(Ok(Credentials::new(
                format!("K{n}"),
                "s",
                None,
                Some(end),
                "test",
            )))
        }
    }

    fn second(s: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(s)
    }

    #[tokio::test]
    async fn credentials_are_kept_until_shortly_before_they_end() {
        let made = Arc::new(AtomicU32::new(0));
        let provider = SharedCredentialsProvider::new(Mint(Arc::clone(&made), 3600));
        let vault = Vault { provider, held: Mutex::new(None) };
        for (now, key) in [(0, "K0"), (3000, "K0"), (3299, "K0"), (3300, "K1")] {
            assert_eq!(vault.current(second(now)).await.unwrap().access_key_id(), key, "at {now}");
        }
    }

    #[tokio::test]
    async fn only_the_credentials_that_failed_are_forgotten() {
        let made = Arc::new(AtomicU32::new(0));
        let provider = SharedCredentialsProvider::new(Mint(Arc::clone(&made), 3600));
        let vault = Vault { provider, held: Mutex::new(None) };
        let first = vault.current(second(0)).await.unwrap();
        vault.forget(&first).await;
        assert_eq!(vault.current(second(0)).await.unwrap().access_key_id(), "K1");
        vault.forget(&first).await;
        assert_eq!(vault.current(second(0)).await.unwrap().access_key_id(), "K1");
    }

    #[tokio::test]
    async fn roles_are_assumed_with_the_credentials_that_are_held() {
        let made = Arc::new(AtomicU32::new(0));
        let provider = SharedCredentialsProvider::new(Mint(Arc::clone(&made), 3600));
        let base = Arc::new(Vault { provider, held: Mutex::new(None) });
        let clock: Clock = Arc::new(|| second(0));
        // Nobody answers: that the base was asked for its credentials is all that matters.
        let config = aws_config::defaults(BehaviorVersion::latest())
            .no_credentials()
            .region(Region::from_static("eu-west-1"))
            .endpoint_url("http://127.0.0.1:9")
            .load()
            .await;
        for account in ["111122223333", "222233334444"] {
            let arn = format!("arn:aws:iam::{account}:role/audit");
            let assumed = base.assuming(&Role { arn, external_id: None }, &config, &clock).await;
            assert!(assumed.current(second(0)).await.is_err());
        }
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let key = AccessKey::new("AKIDEXAMPLE", "hidden-1", Some("hidden-2".to_owned()));
        assert_eq!(format!("{:?}", CredentialSource::Key(key)), "Key(AccessKey(AKIDEXAMPLE, …))");
    }
}
