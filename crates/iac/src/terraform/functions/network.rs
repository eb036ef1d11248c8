//! Functions on address ranges (`cidrsubnet` and its kin), for IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Call, Result, Step, done};
use crate::terraform::value::Value;

pub(super) fn call(call: &Call<'_>) -> Option<Result> {
    done(match call.name {
        "cidrhost" => host(call),
        "cidrnetmask" => netmask(call),
        "cidrsubnet" => subnet(call),
        "cidrsubnets" => subnets(call),
        _ => return None,
    })
}

/// A range of addresses.
#[derive(Clone, Copy)]
struct Range {
    /// The first address, in the lowest `width` bits.
    first: u128,
    prefix: u32,
    /// 32 or 128.
    width: u32,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let prefix: u32 = prefix.parse().ok()?;
        let (bits, width) = match address.parse().ok()? {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
            IpAddr::V6(v6) => (u128::from(v6), 128),
        };
        let host_bits = u32::checked_sub(width, prefix)?;
        let first = bits.checked_shr(host_bits).unwrap_or(0).checked_shl(host_bits).unwrap_or(0);
        Some(Self { first, prefix, width })
    }

    fn address(&self, bits: u128) -> String {
        if self.width == 32 {
            Ipv4Addr::from(u32::try_from(bits & u128::from(u32::MAX)).unwrap_or(0)).to_string()
        } else {
            Ipv6Addr::from(bits).to_string()
        }
    }

    fn show(&self) -> String {
        format!("{}/{}", self.address(self.first), self.prefix)
    }

    /// The `number`-th range that is `more` bits longer.
    fn part(&self, more: u32, number: u128) -> Option<Self> {
        let prefix = self.prefix.checked_add(more).filter(|prefix| *prefix <= self.width)?;
        if more < 128 && number.checked_shr(more).unwrap_or(0) != 0 {
            return None;
        }
        let shifted = number.checked_shl(self.width - prefix).unwrap_or(0);
        Some(Self { first: self.first.checked_add(shifted)?, prefix, ..*self })
    }

    /// How many addresses there are, less one.
    fn span(&self) -> u128 {
        let host_bits = self.width - self.prefix;
        if host_bits >= 128 { u128::MAX } else { (1 << host_bits) - 1 }
    }
}

fn range(call: &Call<'_>) -> Step<Range> {
    let text = call.text(0)?;
    match Range::parse(&text) {
        Some(range) => Ok(range),
        None => call.wrong(format!("`{text}` is no address range")),
    }
}

fn host(call: &Call<'_>) -> Step<Value> {
    let range = range(call)?;
    let number = call.int(1)?;
    let offset = if number < 0 {
        (range.span() + 1).checked_sub(u128::from(number.unsigned_abs()))
    } else {
        Some(u128::from(number.unsigned_abs()))
    };
    match offset.filter(|offset| *offset <= range.span()) {
        Some(offset) => Ok(Value::text(range.address(range.first + offset))),
        None => call.wrong("the range has no such host"),
    }
}

fn netmask(call: &Call<'_>) -> Step<Value> {
    let range = range(call)?;
    if range.width != 32 {
        return call.wrong("only IPv4 ranges have a netmask");
    }
    let mask = u32::MAX.checked_shl(32 - range.prefix).unwrap_or(0);
    Ok(Value::text(Ipv4Addr::from(mask).to_string()))
}

fn subnet(call: &Call<'_>) -> Step<Value> {
    let range = range(call)?;
    let more = u32::try_from(call.int(1)?).ok();
    let number = u128::try_from(call.int(2)?).ok();
    match more.zip(number).and_then(|(more, number)| range.part(more, number)) {
        Some(part) => Ok(Value::text(part.show())),
        None => call.wrong(format!("`{}` has no such part", range.show())),
    }
}

fn subnets(call: &Call<'_>) -> Step<Value> {
    let range = range(call)?;
    let mut found = Vec::new();
    let mut next = range.first;
    for at in 1..call.len() {
        let more = u32::try_from(call.int(at)?).ok();
        let prefix =
            more.and_then(|more| range.prefix.checked_add(more)).filter(|prefix| *prefix <= range.width);
        let Some(prefix) = prefix else { return call.wrong("a part would be smaller than one address") };
        let part = Range { first: 0, prefix, ..range };
        let first = match next.checked_next_multiple_of(part.span().saturating_add(1)) {
            Some(first) => first,
            None => return call.wrong("the parts do not fit into the range"),
        };
        if first.wrapping_sub(range.first) > range.span() - part.span() {
            return call.wrong("the parts do not fit into the range");
        }
        found.push(Value::text(Range { first, ..part }.show()));
        next = first.saturating_add(part.span()).saturating_add(1);
    }
    Ok(Value::list(found))
}
