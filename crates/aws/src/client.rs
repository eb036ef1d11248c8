//! The client: one identity, any region, every operation of the table.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use jiff::Timestamp;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

use crate::credentials::{self, CredentialSource, Role, Vault};
use crate::endpoint::Endpoints;
use crate::exchange;
use crate::fault::{CallError, Kind, Standing, code, kind_of};
use crate::limits::{AdaptiveRate, Limits};
use crate::pager::Pager;
use crate::record::{Ledger, Recorder};
use crate::table::{Operation, Partition, Table};
use crate::transport::Transport;

/// Which account credentials belong to.
pub(crate) const CALLER_IDENTITY: &str = "sts:GetCallerIdentity";
/// By which a role's credentials are had.
pub(crate) const ASSUME_ROLE: &str = "sts:AssumeRole";

/// How to reach an account. The default is what the AWS command line would do.
#[derive(Clone, Default)]
pub struct Options {
    /// A profile of the shared configuration; else `AWS_PROFILE`, else `default`.
    pub profile: Option<String>,
    /// The region for what is asked of no region in particular; else that of environment or profile, else `us-east-1`.
    pub region: Option<String>,
    /// A role to assume.
    pub role: Option<Role>,
    /// Where the credentials come from.
    pub credentials: CredentialSource,
    /// An endpoint for all services, before `AWS_ENDPOINT_URL` and the profile. Plain `http` is allowed.
    pub endpoint_url: Option<String>,
    /// Endpoints with validated cryptography; `None` leaves it to environment and profile.
    pub fips: Option<bool>,
    /// Endpoints that answer over IPv6 too; `None` leaves it to environment and profile.
    pub dual_stack: Option<bool>,
    /// Certificates to trust beside the machine's own, in PEM; else `AWS_CA_BUNDLE`.
    pub ca_bundle: Option<PathBuf>,
    /// How often and how much.
    pub limits: Limits,
    /// Is told of every call.
    pub recorder: Option<Arc<dyn Recorder>>,
    /// Makes the delays between attempts repeatable.
    pub seed: Option<u64>,
    /// Tells the time; the system's clock by default.
    pub clock: Option<Clock>,
}

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Why no client could be made.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The region belongs to none of the partitions.
    #[error("`{0}` is no region of the partitions aws, aws-us-gov and aws-cn")]
    Region(String),
    /// A configured endpoint is no address.
    #[error("the endpoint `{0}` must be an address like https://host:port")]
    Endpoint(String),
    /// The file of certificates cannot be read.
    #[error("the certificates in `{path}` cannot be read: {cause}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// There are no credentials, or the role cannot be assumed.
    #[error("no credentials (name a profile, set AWS_ACCESS_KEY_ID, or log in): {0}")]
    Credentials(String),
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(String),
}

/// Who is calling, and so which account is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    /// Of the user or the session of the role.
    pub arn: String,
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub partition: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Keyed by the member names of the service model.
    pub body: Value,
    /// When it was read to its end.
    pub at: Timestamp,
    /// By which the provider can find the call.
    pub request_id: Option<String>,
}

/// A read-only client. Clones share connections, credentials and limits.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) region: String,
    pub(crate) partition: &'static Partition,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) transport: Transport,
    pub(crate) limits: Limits,
    /// All clients that were made from one share it.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) ledger: Ledger,
    pub(crate) recorder: Option<Arc<dyn Recorder>>,
    lanes: Mutex<HashMap<(&'static str, String), Arc<Lane>>>,
    clock: Clock,
    skew_ms: AtomicI64,
    proven: AtomicBool,
    dice: Mutex<fastrand::Rng>,
    identity: OnceCell<Identity>,
    /// What the credential chain goes by.
    config: SdkConfig,
}

/// What is shared by the calls to one service in one region.
pub(crate) struct Lane {
    pub(crate) slots: Semaphore,
    pub(crate) rate: Mutex<AdaptiveRate>,
}

impl Client {
    /// Reads the configuration and obtains credentials; no service but the one that gives them is asked.
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let Options { limits, .. } = &options;
        let trust = match options
            .ca_bundle
            .clone()
            .or_else(|| std::env::var_os("AWS_CA_BUNDLE").map(PathBuf::from))
        {
            None => None,
            Some(path) => Some(
                std::fs::read(&path)
                    .map_err(|e| ConnectError::Certificates { cause: e.to_string(), path })?,
            ),
        };
        let transport = Transport::new(limits.connect_timeout, limits.attempt_timeout, limits.body, trust)
            .map_err(|e| ConnectError::Http(e.to_string()))?;
        let asked = credentials::Asked {
            profile: options.profile.as_deref(),
            region: options.region.as_deref(),
            endpoint_url: options.endpoint_url.as_deref(),
            fips: options.fips,
            dual_stack: options.dual_stack,
        };
        let config = credentials::load(&asked, transport.for_credentials()).await;
        let region = config.region().map(|r| r.as_ref().to_owned()).unwrap_or_default();
        let partition =
            Table::embedded().partition_of(&region).ok_or(ConnectError::Region(region.clone()))?;
        let endpoints = Endpoints::new(partition, &config, options.endpoint_url.as_deref());
        if !endpoints.is_region(&region) {
            return Err(ConnectError::Region(region));
        }
        if let Some(url) = endpoints.broken() {
            return Err(ConnectError::Endpoint(url.to_owned()));
        }
        let clock = options.clock.clone().unwrap_or_else(|| Arc::new(SystemTime::now));
        let vault = Vault::open(&options.credentials, options.role.as_ref(), &config, &clock)
            .await
            .map_err(ConnectError::Credentials)?;
        vault.current(clock()).await.map_err(|refused| ConnectError::Credentials(refused.message))?;
        let dice = options.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Ok(Self {
            shared: Arc::new(Shared {
                region,
                partition,
                endpoints: Arc::new(endpoints),
                vault,
                transport,
                slots: Arc::new(Semaphore::new(options.limits.concurrency.max(1))),
                limits: options.limits,
                ledger: Ledger::default(),
                recorder: options.recorder,
                lanes: Mutex::default(),
                clock,
                skew_ms: AtomicI64::new(0),
                proven: AtomicBool::new(false),
                dice: Mutex::new(dice),
                identity: OnceCell::new(),
                config,
            }),
        })
    }

    /// A client for what a role may see, perhaps in another account: it assumes the role with this one's
    /// credentials, and shares the connections and the bound on requests under way. How much a service lets
    /// through is its own, because services throttle each account for itself.
    pub async fn assume(&self, role: &Role) -> Result<Self, CallError> {
        let base = &self.shared;
        let vault = base.vault.assuming(role, &base.config, &base.clock).await;
        vault.current(base.now()).await.map_err(|refused| {
            let code = refused.code.unwrap_or_else(|| code::CREDENTIALS.to_owned());
            let kind = kind_of(&code, &refused.message, 0, base.standing());
            let error = CallError::own(ASSUME_ROLE, base.region.as_str(), &code, refused.message, kind);
            CallError { attempts: 1, ..error }
        })?;
        let dice = fastrand::Rng::with_seed(base.dice.lock().unwrap_or_else(PoisonError::into_inner).u64(..));
        Ok(Self {
            shared: Arc::new(Shared {
                region: base.region.clone(),
                partition: base.partition,
                endpoints: Arc::clone(&base.endpoints),
                vault,
                transport: base.transport.clone(),
                limits: base.limits.clone(),
                slots: Arc::clone(&base.slots),
                ledger: Ledger::default(),
                recorder: base.recorder.clone(),
                lanes: Mutex::default(),
                clock: Arc::clone(&base.clock),
                skew_ms: AtomicI64::new(base.skew_ms.load(Ordering::Relaxed)),
                proven: AtomicBool::new(false),
                dice: Mutex::new(dice),
                identity: OnceCell::new(),
                config: base.config.clone(),
            }),
        })
    }

    /// Who is calling. Asked once.
    pub async fn identity(&self) -> Result<Identity, CallError> {
        let ask = async || {
            let operation = Operation::find("sts", "GetCallerIdentity");
            let Some(operation) = operation else {
                return Err(CallError::not_in_table(CALLER_IDENTITY, &self.shared.region));
            };
            let reply = self.call(operation, &self.shared.region, json!({})).await?;
            let text = |name: &str| reply.body.get(name).and_then(Value::as_str).map(str::to_owned);
            match (text("Account"), text("Arn")) {
                (Some(account), Some(arn)) => {
                    let partition = arn.split(':').nth(1).unwrap_or(&self.shared.partition.id).to_owned();
                    Ok(Identity { account, arn, partition })
                }
                _ => {
                    let message = "the answer names no account";
                    let region = self.shared.region.as_str();
                    let error =
                        CallError::own(CALLER_IDENTITY, region, code::UNREADABLE, message, Kind::Failed);
                    Err(CallError { attempts: 1, ..error })
                }
            }
        };
        self.shared.identity.get_or_try_init(ask).await.cloned()
    }

    /// The region for what is asked of no region in particular.
    pub fn region(&self) -> &str {
        &self.shared.region
    }

    /// The partition that the region belongs to.
    pub fn partition(&self) -> &Partition {
        self.shared.partition
    }

    /// An operation of the table, or `None`: what is not in the table cannot be called.
    pub fn operation(&self, service: &str, name: &str) -> Option<Operation> {
        Operation::find(service, name)
    }

    /// Makes one call. `params` are keyed by the member names of the service model; `null` stands for none.
    pub async fn call(&self, operation: Operation, region: &str, params: Value) -> Result<Reply, CallError> {
        exchange::call(&self.shared, operation, region, &params).await
    }

    /// Walks a list to its end, page by page. An operation that does not page has one page.
    pub fn pages(&self, operation: Operation, region: &str, params: Value) -> Pager {
        Pager::new(self.clone(), operation, region.to_owned(), params)
    }

    /// The calls so far, counted.
    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("region", &self.shared.region).finish_non_exhaustive()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("role", &self.role)
            .field("credentials", &self.credentials)
            .field("endpoint_url", &self.endpoint_url)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn lane(&self, service: &'static str, region: &str) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry((service, region.to_owned())).or_insert_with(|| {
            Arc::new(Lane {
                slots: Semaphore::new(self.limits.concurrency_per_service.max(1)),
                rate: Mutex::new(AdaptiveRate::new(Instant::now())),
            })
        });
        Arc::clone(lane)
    }

    /// The time that the services agree with.
    pub(crate) fn now(&self) -> SystemTime {
        let skew = self.skew_ms.load(Ordering::Relaxed);
        let by = Duration::from_millis(skew.unsigned_abs());
        let now = (self.clock)();
        let shifted = if skew < 0 { now.checked_sub(by) } else { now.checked_add(by) };
        shifted.unwrap_or(now)
    }

    /// Sets the clock by the `Date` of a response.
    pub(crate) fn set_clock(&self, date: Timestamp) {
        let ours = Timestamp::try_from((self.clock)()).unwrap_or(Timestamp::UNIX_EPOCH);
        self.skew_ms.store(date.as_millisecond().saturating_sub(ours.as_millisecond()), Ordering::Relaxed);
    }

    pub(crate) fn standing(&self) -> Standing {
        if self.proven.load(Ordering::Relaxed) { Standing::Proven } else { Standing::Unproven }
    }

    pub(crate) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// A number in 0..1.
    pub(crate) fn roll(&self) -> f64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}
