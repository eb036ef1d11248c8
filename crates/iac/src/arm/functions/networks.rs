//! Ranges of addresses.

use std::net::Ipv4Addr;

use partywall_model::{Map, Node};

use super::{shown, whole, wrong};
use crate::arm::evaluate::Outcome;

pub(super) fn result(name: &str, arguments: &[Node]) -> Option<Outcome> {
    Some(match name {
        "cidrsubnet" => part(arguments),
        "cidrhost" => host(arguments),
        "parsecidr" => parts(arguments),
        _ => return None,
    })
}

/// A range of IPv4 addresses: its first one and the length of its prefix.
#[derive(Clone, Copy)]
struct Block {
    first: u64,
    prefix: u32,
}

impl Block {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address = u64::from(u32::from(address.trim().parse::<Ipv4Addr>().ok()?));
        let prefix = prefix.trim().parse().ok().filter(|prefix| *prefix <= 32)?;
        let block = Self { first: address, prefix };
        Some(Self { first: address - address % block.size(), prefix })
    }

    fn size(self) -> u64 {
        1 << (32 - self.prefix)
    }

    fn at(self, offset: u64) -> Option<Ipv4Addr> {
        u32::try_from(self.first.checked_add(offset)?).ok().map(Ipv4Addr::from)
    }
}

fn block(node: &Node) -> Result<Block, crate::undecided::Reason> {
    let text = shown(node)?;
    Block::parse(&text).ok_or_else(|| wrong(format!("`{text}` is no range of IPv4 addresses")))
}

/// `cidrSubnet(range, prefix, index)`
fn part(arguments: &[Node]) -> Outcome {
    let [range, prefix, index] = arguments else { return Err(wrong("it needs a range and two numbers")) };
    let (outer, prefix, index) = (block(range)?, whole(prefix)?, whole(index)?);
    let inner = u32::try_from(prefix).ok().filter(|prefix| (outer.prefix..=32).contains(prefix));
    let first = inner.and_then(|prefix| {
        let size = 1_u64 << (32 - prefix);
        let offset = u64::try_from(index).ok()?.checked_mul(size).filter(|offset| *offset < outer.size())?;
        outer.at(offset)
    });
    first.map(|first| Node::text(format!("{first}/{prefix}"))).ok_or_else(|| wrong("there is no such part"))
}

/// `cidrHost(range, index)`
fn host(arguments: &[Node]) -> Outcome {
    let [range, index] = arguments else { return Err(wrong("it needs a range and a number")) };
    let (range, index) = (block(range)?, whole(index)?);
    // The first address is the network's own.
    let offset = u64::try_from(index).ok().and_then(|index| index.checked_add(1));
    let host = offset.filter(|offset| *offset < range.size()).and_then(|offset| range.at(offset));
    host.map(|host| Node::text(host.to_string())).ok_or_else(|| wrong("there is no such address"))
}

fn parts(arguments: &[Node]) -> Outcome {
    let [range] = arguments else { return Err(wrong("it needs a range")) };
    let range = block(range)?;
    let text =
        |address: Option<Ipv4Addr>| address.map_or(Node::Absent, |address| Node::text(address.to_string()));
    let last = range.size() - 1;
    let mask = u32::MAX.checked_shl(32 - range.prefix).unwrap_or_default();
    let entries: Map = [
        ("network", text(range.at(0))),
        ("netmask", Node::text(Ipv4Addr::from(mask).to_string())),
        ("broadcast", text(range.at(last))),
        ("firstUsable", text(range.at(1.min(last)))),
        ("lastUsable", text(range.at(last.saturating_sub(1)))),
        ("cidr", Node::Int(i64::from(range.prefix))),
    ]
    .into_iter()
    .collect();
    Ok(Node::Map(entries))
}
