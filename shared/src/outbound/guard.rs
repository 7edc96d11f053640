//! Which addresses a request may connect to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Whether a URL may be asked at all: http or https, no user info, and not a literal address that is refused.
///
/// Names are judged when they are resolved, for the very addresses that are connected to; literal addresses never
/// reach the resolver and are judged here. The URL parser has already undone odd spellings.
pub fn may_be_asked(url: &Url, allowed: impl Fn(IpAddr) -> bool) -> bool {
    let web = matches!(url.scheme(), "http" | "https");
    let no_user = url.username().is_empty() && url.password().is_none();
    let host = match url.host() {
        Some(Host::Ipv4(address)) => allowed(address.into()),
        Some(Host::Ipv6(address)) => allowed(address.into()),
        Some(Host::Domain(name)) => !name.is_empty(),
        None => false,
    };
    web && no_user && host
}

/// Whether an address belongs to the public internet.
///
/// Refused: every block of IANA's special-purpose registries that is not globally reachable, multicast, and the
/// IPv6 forms that carry an IPv4 address (mapped, compatible, 6to4, NAT64, Teredo).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !BLOCKED_V4.iter().any(|(block, length)| in_v4(v4, *block, *length)),
        IpAddr::V6(v6) => {
            in_v6(v6, GLOBAL_UNICAST, 3) && !BLOCKED_V6.iter().any(|(block, n)| in_v6(v6, *block, *n))
        }
    }
}

/// IANA IPv4 Special-Purpose Address Registry, and multicast.
pub(super) const BLOCKED_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Everything globally routed in IPv6 is inside 2000::/3.
const GLOBAL_UNICAST: Ipv6Addr = Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0);

/// What is special inside 2000::/3: protocol assignments with Teredo and ORCHID, documentation, 6to4, AS112, SRv6.
pub(super) const BLOCKED_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

fn in_v4(address: Ipv4Addr, block: Ipv4Addr, length: u32) -> bool {
    (address.to_bits() ^ block.to_bits()).leading_zeros() >= length
}

fn in_v6(address: Ipv6Addr, block: Ipv6Addr, length: u32) -> bool {
    (address.to_bits() ^ block.to_bits()).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_edges_of_every_special_block_are_refused_and_their_neighbours_are_judged_alone() {
        for (block, length) in BLOCKED_V4 {
            let last = block.to_bits() | u32::MAX.checked_shr(*length).unwrap_or(0);
            assert!(!is_public(IpAddr::V4(*block)), "{block}");
            assert!(!is_public(IpAddr::V4(Ipv4Addr::from_bits(last))), "{block} end");
        }
        for (block, length) in BLOCKED_V6 {
            let last = block.to_bits() | u128::MAX.checked_shr(*length).unwrap_or(0);
            assert!(!is_public(IpAddr::V6(*block)), "{block}");
            assert!(!is_public(IpAddr::V6(Ipv6Addr::from_bits(last))), "{block} end");
        }
    }

    #[test]
    fn hostile_spellings_of_inside_addresses_are_refused() {
        let inside = [
            "127.0.0.1",
            "127.255.255.255",
            "0.0.0.0",
            "169.254.169.254",
            "169.254.100.1",
            "10.0.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "255.255.255.255",
            "224.0.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "100::1",
            "fec0::1",
            "5f00::1",
        ];
        for address in inside {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_of_the_public_internet_are_let_through() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
            "2001:4860:4860::8888",
            "2003::1",
        ];
        for address in public {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
