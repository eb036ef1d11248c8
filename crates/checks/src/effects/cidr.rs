//! Address ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use partywall_model::{Node, Why, WhyKind};

use super::Answer;

/// An address range: base address and prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    base: IpAddr,
    length: u8,
}

/// Ranges that the internet does not route (RFC 6890 and its successors): base, prefix length. The ranges for
/// documentation are left out: nothing real has them, and examples mean public addresses by them.
const UNROUTED_V4: [(Ipv4Addr, u8); 10] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Multicast and reserved together.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

impl Cidr {
    /// Reads `10.0.0.0/8`, `::/0` or a single address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let base: IpAddr = address.trim().parse().ok()?;
        let full = if base.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(full);
        (length <= full).then_some(Self { base, length })
    }

    /// Whether it is the whole internet, or so wide that it might as well be: IPv4 /8 or wider, IPv6 /16 or
    /// wider, and not a range that the internet does not route.
    pub fn is_everywhere(&self) -> bool {
        let wide = match self.base {
            IpAddr::V4(_) => self.length <= 8,
            IpAddr::V6(_) => self.length <= 16,
        };
        wide && self.holds_public()
    }

    /// Whether every address is in it.
    pub fn is_all(&self) -> bool {
        self.length == 0
    }

    /// Whether it is of IPv6.
    pub fn is_v6(&self) -> bool {
        self.base.is_ipv6()
    }

    /// Whether it holds addresses that the internet routes.
    pub fn holds_public(&self) -> bool {
        match self.base {
            IpAddr::V4(base) => !UNROUTED_V4
                .iter()
                .any(|(range, length)| self.length >= *length && masked(base, *length) == *range),
            IpAddr::V6(base) => meets_global_unicast(base, self.length),
        }
    }
}

fn masked(address: Ipv4Addr, length: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
    Ipv4Addr::from_bits(address.to_bits() & mask)
}

/// Whether a range has addresses of 2000::/3, which is global unicast (RFC 4291).
fn meets_global_unicast(base: Ipv6Addr, length: u8) -> bool {
    // As many bits as both have must agree.
    let apart = 3 - u32::from(length.min(3));
    (base.to_bits() >> 125) >> apart == 1 >> apart
}

fn range(node: &Node) -> Answer<Option<Cidr>> {
    match node {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(text) => Cidr::parse(text).map(Some).ok_or_else(|| {
            let message = "this is no address range";
            Arc::new(Why::new(WhyKind::Malformed, format!("range `{text}`")).with_message(message))
        }),
        _ => Ok(None),
    }
}

/// Whether a range holds public addresses; absent holds none.
pub(super) fn public(node: &Node) -> Answer<bool> {
    Ok(range(node)?.is_some_and(|range| range.holds_public()))
}

/// Whether a range is the whole internet or nearly.
pub(super) fn everywhere(node: &Node) -> Answer<bool> {
    Ok(range(node)?.is_some_and(|range| range.is_everywhere()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_public_ranges_are_everywhere_and_private_ones_are_not() {
        for (text, everywhere, public) in [
            ("0.0.0.0/0", true, true),
            ("0.0.0.0/1", true, true),
            ("128.0.0.0/1", true, true),
            ("8.0.0.0/8", true, true),
            ("203.0.113.0/24", false, true),
            ("10.0.0.0/8", false, false),
            ("10.1.2.3", false, false),
            ("172.31.0.0/16", false, false),
            ("172.32.0.0/16", false, true),
            ("192.0.0.8/32", false, false),
            ("198.19.0.0/16", false, false),
            ("224.0.0.0/3", false, false),
            ("192.0.0.0/3", true, true),
            ("0.0.0.0/8", false, false),
            ("0.0.0.0/4", true, true),
            ("::/0", true, true),
            ("2000::/3", true, true),
            ("2001:db8::/32", false, true),
            ("fd00::/8", false, false),
            ("8000::/1", false, false),
            ("c000::/2", false, false),
        ] {
            let range = Cidr::parse(text).unwrap();
            assert_eq!((range.is_everywhere(), range.holds_public()), (everywhere, public), "{text}");
        }
        assert_eq!(Cidr::parse("10.0.0.0/33"), None);
        assert_eq!(Cidr::parse("anywhere"), None);
    }
}
