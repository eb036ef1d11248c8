//! What a judgement stands on beside the asset itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use partywall_content::{Lifecycle, Settings};
use partywall_model::{AccountId, Asset, AssetId, Estate, Scope, Why, WhyKind};

use crate::effects::{self, Joins, Topology};

/// The surroundings of every judgement of one assessment.
#[derive(Debug)]
pub struct Context<'a> {
    pub(crate) estate: &'a Estate,
    pub(crate) topology: Topology<'a>,
    pub(crate) joins: Joins,
    pub(crate) lifecycle: &'a Lifecycle,
    pub(crate) settings: &'a Settings,
    pub(crate) own_accounts: BTreeSet<AccountId>,
    pub(crate) now: Timestamp,
}

impl<'a> Context<'a> {
    /// The surroundings: an estate, what the user says of it (accounts of the organisation's own beside those
    /// in view, accounts that are trusted on purpose, what is sensitive), end-of-life dates, and the time of
    /// judgement.
    pub fn new(estate: &'a Estate, settings: &'a Settings, lifecycle: &'a Lifecycle, now: Timestamp) -> Self {
        // An account that only others name may be anybody's.
        let of_assets = estate.own_assets().filter_map(|asset| asset.account.as_ref());
        let in_view = of_assets.chain(estate.listings().iter().map(|listing| &listing.account)).cloned();
        Self {
            estate,
            topology: Topology::new(estate),
            joins: Joins::default(),
            lifecycle,
            settings,
            own_accounts: in_view.chain(settings.accounts.keys().cloned()).collect(),
            now,
        }
    }

    /// Whether the internet reaches an asset, by network or by a policy for anyone; an error says what was
    /// not seen. The root of an account always counts as reachable: its sign-in page is.
    pub fn is_exposed(&self, asset: &Asset) -> Result<bool, Arc<Why>> {
        effects::is_exposed(self, asset)
    }

    /// The ids of all assets that the internet is known to reach.
    pub fn exposed_assets(&self) -> BTreeSet<AssetId> {
        self.estate
            .assets()
            .iter()
            .filter(|asset| self.is_exposed(asset) == Ok(true))
            .map(|asset| asset.id.clone())
            .collect()
    }

    /// Why something that is referred to is not in view.
    pub(crate) fn missing(&self, kind: &str, scope: Scope<'_>, what: &str) -> Arc<Why> {
        self.estate.completeness(kind, scope).err().unwrap_or_else(|| {
            let message = "it is referred to and not among what was listed";
            Arc::new(Why::new(WhyKind::NotRead, format!("{kind} `{what}`")).with_message(message))
        })
    }
}
