//! Which resource of the cloud a declaration is.
//!
//! Two are one by the parts of a fingerprint: kind, identifier, and account and region where the code says them. Where
//! the code has no identifier a name counts that only one resource of the kind has. Nothing is guessed: where more than
//! one fits, none is taken.

use std::collections::HashMap;

use partywall_iac::{Declaration, UNSET};
use partywall_model::{Asset, Estate, Kind, Scope};
use partywall_report::gate::{JoinedBy, OrphanReason};

/// So many candidates are named.
const NAMED: usize = 3;

/// The resources of a cloud by what may name them.
pub(super) struct Joining<'e> {
    estate: &'e Estate,
    by_identifier: Index<'e>,
    by_id: HashMap<(&'e Kind, String), Vec<usize>>,
    by_name: Index<'e>,
}

type Index<'e> = HashMap<(&'e Kind, &'e str), Vec<usize>>;

impl<'e> Joining<'e> {
    pub(super) fn new(estate: &'e Estate) -> Self {
        let mut joining =
            Self { estate, by_identifier: HashMap::new(), by_id: HashMap::new(), by_name: HashMap::new() };
        for (at, asset) in estate.assets().iter().enumerate() {
            if !asset.population.is_seen() || estate.is_by_others(asset) {
                continue;
            }
            if let Some(identifier) = &asset.identifier {
                joining.by_identifier.entry((&asset.kind, identifier)).or_default().push(at);
            }
            let id = anywhere(asset.id.as_str());
            joining.by_id.entry((&asset.kind, id)).or_default().push(at);
            if let Some(name) = asset.name.as_deref().filter(|name| is_own_name(asset, name)) {
                joining.by_name.entry((&asset.kind, name)).or_default().push(at);
            }
        }
        joining
    }

    /// The resource of a declaration by its place in the estate, or why there is none.
    pub(super) fn find(
        &self,
        declaration: &Declaration,
    ) -> Result<(usize, JoinedBy), (OrphanReason, String)> {
        let asset = &declaration.asset;
        let is_given = |text: &&str| !text.is_empty() && **text != *declaration.address;
        let identifier = asset.identifier.as_deref().filter(is_given);
        let id = Some(asset.id.as_str()).filter(|id| !id.starts_with("code:"));
        let name = asset.name.as_deref().filter(is_given);
        let by_id = id.and_then(|id| self.by_id.get(&(&asset.kind, anywhere(id))));
        let by_identifier = identifier.and_then(|text| self.by_identifier.get(&(&asset.kind, text)));
        let by_name = name
            .filter(|_| identifier.is_none() && id.is_none())
            .and_then(|name| self.by_name.get(&(&asset.kind, name)));
        for (found, by) in
            [(by_id, JoinedBy::Id), (by_identifier, JoinedBy::Identifier), (by_name, JoinedBy::Name)]
        {
            let fits =
                |at: &&usize| self.estate.assets().get(**at).is_some_and(|other| is_within(asset, other));
            let found: Vec<usize> = found.into_iter().flatten().filter(fits).copied().collect();
            match found.as_slice() {
                [] => {}
                [at] => return Ok((*at, by)),
                all => return Err((OrphanReason::Ambiguous, self.ambiguous(all))),
            }
        }
        if identifier.is_none() && id.is_none() && name.is_none() {
            let because = "the code gives it no name: which resource it is, only the state knows";
            return Err((OrphanReason::Unnamed, because.to_owned()));
        }
        match self.estate.completeness(asset.kind.as_str(), Scope::Everywhere) {
            // A name that the provider may have lengthened says nothing of what is not there.
            Ok(()) if identifier.is_none() && id.is_none() => {
                let because = "no resource of the kind has this name alone, and a name is not unique";
                Err((OrphanReason::Unnamed, because.to_owned()))
            }
            Ok(()) => Err((OrphanReason::New, "all of its kind were listed, and it is not there".to_owned())),
            Err(why) => {
                let because = format!("not seen, and not all of its kind were listed: {}", super::said(&why));
                Err((OrphanReason::Unseen, because))
            }
        }
    }

    fn ambiguous(&self, all: &[usize]) -> String {
        let ids = all.iter().filter_map(|at| self.estate.assets().get(*at)).map(|asset| asset.id.as_str());
        let named: Vec<&str> = ids.take(NAMED).collect();
        let more = match all.len().saturating_sub(named.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{} resources fit: {}{more}", all.len(), named.join(", "))
    }
}

/// An ARN without partition, region and account, which code rarely says; any other id as it is.
fn anywhere(id: &str) -> String {
    let parts: Vec<&str> = id.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, service, _, _, resource] => format!("{service}:{resource}"),
        _ => id.to_owned(),
    }
}

/// Whether a resource lies in the account and the region that the code says, where it says them.
fn is_within(declared: &Asset, running: &Asset) -> bool {
    let fits = |said: Option<&str>, runs: Option<&str>| match (said, runs) {
        (None | Some(UNSET), _) | (_, None) => true,
        (Some(said), Some(runs)) => said == runs,
    };
    // What is everywhere has no region that could differ.
    let everywhere = |region: Option<&str>| region == Some("global");
    let (said, runs) = (declared.region.as_ref(), running.region.as_ref());
    let (said, runs) = (said.map(|region| region.as_str()), runs.map(|region| region.as_str()));
    fits(
        declared.account.as_ref().map(|account| account.as_str()),
        running.account.as_ref().map(|account| account.as_str()),
    ) && (everywhere(said) || everywhere(runs) || fits(said, runs))
}

/// Whether a name is a resource's own. A `Name` tag is a note: any number of resources may carry the same.
fn is_own_name(asset: &Asset, name: &str) -> bool {
    asset.tags.get("Name").is_none_or(|tag| **tag != *name)
        || asset.properties.entries().any(|(_, value)| value.as_str() == Some(name))
}

#[cfg(test)]
mod tests {
    use partywall_iac::terraform::Place;
    use partywall_model::{
        EstateBuilder, EvidenceRecord, Listing, ListingOutcome, Node, Provider, Why, WhyKind,
    };

    use super::*;

    fn queue(account: &str, region: &str, name: &str) -> Asset {
        let mut asset = Asset::new(
            Provider::Aws,
            "AWS::SQS::Queue",
            format!("arn:aws:sqs:{region}:{account}:{name}").as_str(),
        );
        asset.account = Some(account.into());
        asset.region = Some(region.into());
        asset.name = Some(name.into());
        asset
    }

    fn declared(asset: Asset) -> Declaration {
        let place = Place { path: "".into(), file: "main.tf".into(), span: 0..1, line: 1 };
        Declaration { asset, address: "aws_sqs_queue.a".into(), root: "".into(), place }
    }

    fn estate(assets: Vec<Asset>, outcome: ListingOutcome) -> Estate {
        let mut builder = EstateBuilder::default();
        builder.add(EvidenceRecord::Listing(Listing {
            provider: Provider::Aws,
            account: "1".into(),
            region: "eu-west-1".into(),
            kind: "AWS::SQS::Queue".into(),
            operation: "sqs:ListQueues".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            seen: 0,
            outcome,
        }));
        for asset in assets {
            builder.add(EvidenceRecord::Asset(Box::new(asset)));
        }
        builder.finish(|_| None)
    }

    #[test]
    fn account_and_region_count_where_the_code_says_them() {
        let assets = vec![queue("1", "eu-west-1", "jobs"), queue("1", "us-east-1", "jobs")];
        let estate = estate(assets, ListingOutcome::Complete);
        let joining = Joining::new(&estate);
        let (reason, because) = joining.find(&declared(queue(UNSET, UNSET, "jobs"))).unwrap_err();
        assert_eq!(reason, OrphanReason::Ambiguous);
        assert!(because.starts_with("2 resources fit: arn:aws:sqs:eu-west-1:1:jobs"), "{because}");
        let (at, by) = joining.find(&declared(queue(UNSET, "us-east-1", "jobs"))).unwrap();
        assert_eq!(estate.assets()[at].id.as_str(), "arn:aws:sqs:us-east-1:1:jobs");
        assert_eq!(by, JoinedBy::Id);
        let (reason, _) = joining.find(&declared(queue("2", "us-east-1", "jobs"))).unwrap_err();
        assert_eq!(reason, OrphanReason::New);
    }

    #[test]
    fn what_is_not_seen_is_new_only_where_all_were_listed() {
        let why = Why::new(WhyKind::Refused, "sqs:ListQueues");
        let estate = estate(Vec::new(), ListingOutcome::Incomplete(why));
        let (reason, because) =
            Joining::new(&estate).find(&declared(queue(UNSET, UNSET, "jobs"))).unwrap_err();
        assert_eq!(reason, OrphanReason::Unseen);
        assert!(because.contains("sqs:ListQueues"), "{because}");
    }

    #[test]
    fn a_name_tag_is_no_identity() {
        let mut running = Asset::new(Provider::Aws, "AWS::SQS::Queue", "q-1");
        running.name = Some("web".into());
        running.tags.insert("Name".into(), "web".into());
        let mut code = Asset::new(Provider::Aws, "AWS::SQS::Queue", "code:.#aws_sqs_queue.a");
        code.name = Some("web".into());
        let tagged = estate(vec![running.clone()], ListingOutcome::Complete);
        let (reason, _) = Joining::new(&tagged).find(&declared(code.clone())).unwrap_err();
        assert_eq!(reason, OrphanReason::Unnamed);
        running.properties.insert_at("GroupName", Node::text("web"));
        let named = estate(vec![running], ListingOutcome::Complete);
        let (_, by) = Joining::new(&named).find(&declared(code)).unwrap();
        assert_eq!(by, JoinedBy::Name);
    }

    #[test]
    fn each_of_many_declarations_finds_its_own_resource() {
        let named = |number: usize| format!("jobs-{number}");
        let running = (0..100_000).map(|number| queue("1", "eu-west-1", &named(number))).collect();
        let estate = estate(running, ListingOutcome::Complete);
        let joining = Joining::new(&estate);
        for number in (0..100_000).step_by(10) {
            let (at, _) = joining.find(&declared(queue(UNSET, UNSET, &named(number)))).unwrap();
            assert_eq!(estate.assets()[at].name.as_deref(), Some(&*named(number)));
        }
    }
}
