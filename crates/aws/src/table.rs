//! The operation table: every call that Partywall is able to make to AWS, as data.
//!
//! The table is generated from the published service models (`xtask/botocore/generate.py`) and embedded. It holds read
//! operations only, and none that returns a credential or the customer's data (`data/never.txt`). An [`Operation`] can
//! be had from the table alone, so an operation that is not in it cannot be called.
//!
//! Each service is a compressed part of its own, decoded when it is first asked for and kept for the life of the
//! process.

mod document;
mod model;
mod places;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

pub(crate) use model::{
    Location, Member, OperationModel, Paginator, Protocol, Service, Shape, ShapeId, Structure, TimeFormat,
};
pub use places::Partition;
pub(crate) use places::{Place, Variant};

static BYTES: &[u8] = include_bytes!("../data/operations.bin.zst");

/// A read operation of an AWS service. It can be had from the table only.
#[derive(Clone, Copy)]
pub struct Operation {
    pub(crate) service: &'static Service,
    pub(crate) model: &'static OperationModel,
}

impl Operation {
    /// Looks an operation up by the service's name (as in the AWS command line, `elbv2`) and its own
    /// (`DescribeLoadBalancers`).
    pub fn find(service: &str, name: &str) -> Option<Self> {
        let service = Table::embedded().service(service)?;
        let at = service.operations.binary_search_by(|o| o.name.cmp(name)).ok()?;
        Some(Self { service, model: service.operations.get(at)? })
    }

    /// The name of the service in the table, `elbv2`.
    pub fn service(&self) -> &'static str {
        self.service.name
    }

    /// The operation's own name, `DescribeLoadBalancers`.
    pub fn name(&self) -> &'static str {
        self.model.name
    }

    /// Whether one endpoint answers for the whole partition (IAM, Route 53 …), so that asking it once is enough.
    pub fn is_global(&self, partition: &str) -> bool {
        self.service.is_global(partition)
    }

    /// The regions of the partition that the table knows to offer the service; empty for a global service, and where
    /// the published list says nothing.
    pub fn regions(&self, partition: &str) -> &'static [&'static str] {
        self.service.offered(partition)
    }

    /// The names of the members that hold a page's items, `["Reservations"]`; empty where the answer is no list.
    pub fn result_keys(&self) -> &'static [&'static str] {
        self.model.paginator.as_ref().map_or(&[], |p| &p.result_keys)
    }

    /// The parameter that bounds a page's length, `MaxRecords`.
    pub fn page_size_parameter(&self) -> Option<&'static str> {
        self.model.paginator.as_ref()?.limit_key
    }

    /// The parameters that ask for a page, and for each the path in the answer of the page before.
    pub fn page_tokens(&self) -> (&'static [&'static str], &'static [&'static str]) {
        self.model.paginator.as_ref().map_or((&[], &[]), |p| (&p.inputs, &p.outputs))
    }

    /// Whether the operation answers in pages.
    pub fn is_paged(&self) -> bool {
        self.model.paginator.is_some()
    }

    /// The parameters that must be given.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        self.members(self.model.input).filter(|m| m.required).map(|m| m.name)
    }

    /// Every parameter that may be given.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.members(self.model.input).map(|m| m.name)
    }

    /// The members that the answer may have, at its top.
    pub fn answers(&self) -> impl Iterator<Item = &'static str> {
        self.members(self.model.output).map(|m| m.name)
    }

    /// The members found by following `path` through the answer; lists and maps are stepped through.
    /// `None` where a step names a member that the model has not, so that content can be checked when it is built.
    pub fn answer_members(&self, path: &[&str]) -> Option<Vec<&'static str>> {
        let mut at = self.model.output?;
        for step in path {
            let structure = self.service.structure_within(at)?;
            at = structure.members.iter().find(|m| m.name == *step)?.shape;
        }
        Some(match self.service.structure_within(at) {
            Some(s) => s.members.iter().map(|m| m.name).collect(),
            None => Vec::new(),
        })
    }

    fn members(&self, shape: Option<ShapeId>) -> impl Iterator<Item = &'static Member> + use<> {
        let structure = shape.and_then(|s| self.service.structure(s));
        structure.map_or(&[][..], |s| &s.members[..]).iter()
    }
}

impl fmt::Display for Operation {
    /// `elbv2:DescribeLoadBalancers`: the name under which an operation is reported.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.name, self.model.name)
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({self})")
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        self.service.name == other.service.name && self.model.name == other.model.name
    }
}

impl Eq for Operation {}

/// The embedded table.
pub struct Table {
    source: String,
    partitions: Vec<Partition>,
    services: BTreeMap<&'static str, Entry>,
}

struct Entry {
    frame: &'static [u8],
    decoded: OnceLock<Option<Service>>,
}

impl Table {
    /// The table of this binary.
    pub fn embedded() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| {
            // The bytes are part of the binary and a test decodes all of them, so the empty table that would stand
            // here for damaged bytes never does; with it, no operation would be found.
            Self::read(BYTES).unwrap_or(Self {
                source: String::new(),
                partitions: Vec::new(),
                services: BTreeMap::new(),
            })
        })
    }

    /// What the table was generated from, `botocore 1.44.5`.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names of all services, in order.
    pub fn services(&self) -> impl Iterator<Item = &'static str> {
        self.services.keys().copied()
    }

    /// Every operation of a service, in order; empty for a service that the table has not.
    pub fn operations(&self, service: &str) -> Vec<Operation> {
        let Some(service) = Self::embedded().service(service) else { return Vec::new() };
        service.operations.iter().map(|model| Operation { service, model }).collect()
    }

    /// The partitions `aws`, `aws-us-gov` and `aws-cn`.
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// The partition that a region belongs to, by the region's name or, for a region newer than the table, its prefix.
    pub fn partition_of(&self, region: &str) -> Option<&Partition> {
        self.partitions.iter().find(|p| p.regions.iter().any(|r| r == region)).or_else(|| {
            let prefix = |p: &Partition| {
                p.prefixes.iter().filter(|x| region.starts_with(x.as_str())).map(String::len).max()
            };
            self.partitions.iter().filter(|p| prefix(p).is_some()).max_by_key(|p| prefix(p))
        })
    }

    pub(crate) fn service(&'static self, name: &str) -> Option<&'static Service> {
        let (name, entry) = self.services.get_key_value(name)?;
        entry.decoded.get_or_init(|| document::service(name, entry.frame)).as_ref()
    }

    fn read(bytes: &'static [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"PWO1")?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (index, mut rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let index: Vec<(&'static str, u32)> = postcard::from_bytes(index).ok()?;
        let mut table = Self { source: String::new(), partitions: Vec::new(), services: BTreeMap::new() };
        for (name, length) in index {
            let (frame, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            rest = after;
            if name.is_empty() {
                (table.source, table.partitions) = document::partitions(frame)?;
            } else {
                table.services.insert(name, Entry { frame, decoded: OnceLock::new() });
            }
        }
        Some(table)
    }
}
