//! Where a service answers: partitions, regions, hosts, and the region and name that a request is signed for.

use serde::Deserialize;

use super::Service;

/// A partition: regions that share accounts and an identity system, and nothing with other partitions.
#[derive(Clone, Debug, Deserialize)]
pub struct Partition {
    /// `aws`, `aws-us-gov` or `aws-cn`: the second part of an ARN.
    pub id: String,
    /// The domain under which its services answer.
    pub dns_suffix: String,
    /// The region in which its global services live.
    pub implicit_global_region: String,
    pub(crate) prefixes: Vec<String>,
    /// The regions known when the table was generated.
    pub regions: Vec<String>,
}

/// The four sorts of endpoint that a service may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) fips: bool,
    pub(crate) dual_stack: bool,
}

/// A host, and what a request to it is signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) signing_region: String,
    pub(crate) signing_name: &'static str,
}

/// The endpoints of one service in one partition.
#[derive(Debug)]
pub(crate) struct Places {
    pub(super) partition: &'static str,
    pub(super) is_global: bool,
    pub(super) offered: Vec<&'static str>,
    /// By variant: plain, FIPS, dual stack, both.
    pub(super) variants: Vec<Option<Hosts>>,
}

#[derive(Debug)]
pub(super) struct Hosts {
    pub(super) usual: HostTemplate,
    pub(super) others: Vec<(&'static str, HostTemplate)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct HostTemplate {
    /// With `{region}` where the region's name goes.
    pub(super) host: &'static str,
    /// Empty: the region that was asked for.
    pub(super) signing_region: &'static str,
    pub(super) signing_name: Option<&'static str>,
}

impl Service {
    pub(super) fn is_global(&self, partition: &str) -> bool {
        self.places_in(partition).is_some_and(|p| p.is_global)
    }

    pub(super) fn offered(&self, partition: &str) -> &[&'static str] {
        self.places_in(partition).map_or(&[], |p| &p.offered)
    }

    /// Where the service answers for `region`, or `None` if the partition has no such endpoint.
    /// The region's name must have been checked: it becomes part of a host name.
    pub(crate) fn place(&self, partition: &str, region: &str, variant: Variant) -> Option<Place> {
        let at = usize::from(variant.fips) + 2 * usize::from(variant.dual_stack);
        let hosts = self.places_in(partition)?.variants.get(at)?.as_ref()?;
        let other = hosts.others.iter().find(|(r, _)| *r == region).map(|(_, h)| *h);
        let template = other.unwrap_or(hosts.usual);
        let signing_region =
            if template.signing_region.is_empty() { region } else { template.signing_region };
        Some(Place {
            host: template.host.replace("{region}", region),
            signing_region: signing_region.to_owned(),
            signing_name: template.signing_name.unwrap_or(self.signing_name),
        })
    }

    fn places_in(&self, partition: &str) -> Option<&Places> {
        self.places.iter().find(|p| p.partition == partition)
    }
}
