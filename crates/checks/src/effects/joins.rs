//! An index of assets by the value of a property, made when it is first asked for: a join of two kinds with
//! many assets each must not look at every pair.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use partywall_model::{AccountId, Asset, Estate, Node, Scope, Why};

use super::seen;

/// Indexes by kind and property. They hold positions in the estate that they were made of.
#[derive(Debug, Default)]
pub(crate) struct Joins {
    indexes: Mutex<HashMap<(String, String), Arc<Index>>>,
}

type Index = BTreeMap<Option<AccountId>, OfAccount>;

#[derive(Debug, Default)]
struct OfAccount {
    by_text: HashMap<Arc<str>, Vec<usize>>,
    /// Those whose property was not seen, or not all of it: any of them could be the one that is looked for.
    unseen: Vec<(usize, Arc<Why>)>,
}

impl Joins {
    /// The assets of a kind whose property is, or as a list contains, a text; and why there may be more.
    pub(crate) fn find<'a>(
        &self,
        estate: &'a Estate,
        scope: Scope<'_>,
        kind: &str,
        property: &str,
        text: &str,
    ) -> (Vec<&'a Asset>, Option<Arc<Why>>) {
        let index = self.index(estate, kind, property);
        let mut found: Vec<&'a Asset> = Vec::new();
        let mut unseen = None;
        let at = |position: &usize| estate.assets().get(*position).filter(|asset| scope.holds(asset));
        let mut look = |of_account: &OfAccount| {
            let matching = of_account.by_text.get(text).map(Vec::as_slice).unwrap_or_default();
            found.extend(matching.iter().filter_map(at));
            let another = |(position, _): &&(usize, Arc<Why>)| {
                matching.binary_search(position).is_err() && at(position).is_some()
            };
            if unseen.is_none() {
                unseen = of_account.unseen.iter().find(another).map(|(_, why)| Arc::clone(why));
            }
        };
        match scope {
            Scope::Account(account) | Scope::Region(account, _) => {
                index.get(&Some(account.clone())).into_iter().for_each(&mut look);
            }
            Scope::Everywhere => index.values().for_each(&mut look),
        }
        (found, unseen)
    }

    fn index(&self, estate: &Estate, kind: &str, property: &str) -> Arc<Index> {
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind.to_owned(), property.to_owned());
        Arc::clone(indexes.entry(key).or_insert_with(|| Arc::new(index(estate, kind, property))))
    }
}

fn index(estate: &Estate, kind: &str, property: &str) -> Index {
    let mut index = Index::new();
    for asset in estate.of_kind(kind, Scope::Everywhere) {
        let Some(position) = estate.position(asset.id.as_str()) else { continue };
        let of_account = index.entry(asset.account.clone()).or_default();
        let value = asset.properties.at(property);
        let single = std::slice::from_ref(value);
        for item in if let Node::List(items) = value { items } else { single } {
            let Node::Text(text) = item else { continue };
            let positions = of_account.by_text.entry(Arc::clone(text)).or_default();
            if positions.last() != Some(&position) {
                positions.push(position);
            }
        }
        if let Err(why) = seen(value) {
            of_account.unseen.push((position, why));
        }
    }
    index
}
