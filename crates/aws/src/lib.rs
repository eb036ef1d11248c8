//! A small read-only client for AWS, driven by data.
//!
//! What can be called is a table of read operations generated from the published service models; see [`Table`]. How a
//! call is written and read follows from the protocol of the service; answers are `serde_json::Value`s keyed by the
//! names of the models, whatever the protocol. [`Client`] adds an identity, limits, retries and paging.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use partywall_aws::{Client, Options};
//! use serde_json::json;
//!
//! let client = Client::connect(Options::default()).await?;
//! if let Some(list) = client.operation("ec2", "DescribeVpcs") {
//!     let mut pages = client.pages(list, "eu-west-1", json!({}));
//!     while let Some(page) = pages.next().await? {
//!         println!("{}", page.body);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Invariants.** Nothing that is not in the table can be called, and nothing in the table writes, or returns a
//! credential or the customer's data. A call that failed is an error with the operation and its code, never an empty
//! answer. Credentials are in no message, and in no `Debug` text.

mod action;
mod client;
pub mod collector;
mod credentials;
mod endpoint;
mod exchange;
mod fault;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod pager;
mod record;
mod sign;
mod table;
mod transport;
mod wire;

pub use action::action_of;
pub use client::{Client, Clock, ConnectError, Identity, Options, Reply};
pub use credentials::{AccessKey, CredentialSource, Role};
pub use fault::{CallError, Kind, code};
pub use limits::Limits;
pub use pager::{Page, Pager};
pub use record::{CallRecord, Ledger, Recorder, Tally};
pub use table::{Operation, Partition, Table};
