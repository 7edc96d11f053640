//! The guard against a second opinion, over arbitrary input. `PROPTEST_CASES` says for how long; `.ci/run` raises it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use url::{Host, Url};

use super::guard::{is_public, may_be_asked};

/// What the standard library and the registries' texts say, without the tables of the guard.
fn is_special_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && c == 0)
}

fn is_special_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let carries_v4 = address.to_ipv4().is_some() || a == 0x2002 || (a == 0x64 && b == 0xff9b);
    carries_v4
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || (a == 0x2001 && (b < 0x200 || b == 0xdb8))
        || !(0x2000..0x4000).contains(&a)
}

fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_special_v4(address),
        IpAddr::V6(address) => is_special_v6(address),
    }
}

/// Addresses near the edges of blocks as often as anywhere.
fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
    let heads = vec![0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 240, 255];
    let near = (prop::sample::select(heads), any::<[u8; 3]>()).prop_map(|(a, [b, c, d])| [a, b, c, d]);
    prop_oneof![any::<[u8; 4]>(), near].prop_map(Ipv4Addr::from)
}

fn any_v6() -> impl Strategy<Value = Ipv6Addr> {
    let heads = vec![0, 0x64, 0x100, 0x2001, 0x2002, 0x2620, 0x3fff, 0x5f00, 0xfc00, 0xfe80, 0xfec0, 0xff00];
    let carrying = any_v4().prop_map(|address| address.to_ipv6_mapped().to_bits());
    let near = (prop::sample::select(heads), any::<u128>())
        .prop_map(|(head, rest): (u128, u128)| head << 112 | rest >> 16);
    prop_oneof![any::<u128>(), carrying, near].prop_map(Ipv6Addr::from_bits)
}

/// One part of an IPv4 address, in decimal, octal or hex, with leading zeros or without.
fn part(value: u32) -> impl Strategy<Value = String> {
    (0..5_u8, 0..4_usize).prop_map(move |(base, zeros)| {
        let zeros = "0".repeat(zeros);
        match base {
            0 => format!("0x{zeros}{value:x}"),
            1 => format!("0X{zeros}{value:X}"),
            2 => format!("0{zeros}{value:o}"),
            _ => value.to_string(),
        }
    })
}

/// An IPv4 address in one to four parts.
fn spelled_v4(address: Ipv4Addr) -> impl Strategy<Value = String> {
    let [a, b, c, d] = address.octets().map(u32::from);
    let bits = address.to_bits();
    let parts = prop_oneof![
        part(bits).prop_map(|all| vec![all]),
        (part(a), part(bits & 0xff_ffff)).prop_map(|(a, rest)| vec![a, rest]),
        (part(a), part(b), part(c << 8 | d)).prop_map(|(a, b, rest)| vec![a, b, rest]),
        (part(a), part(b), part(c), part(d)).prop_map(|(a, b, c, d)| vec![a, b, c, d]),
    ];
    (parts, prop::sample::select(vec![".", "。", "%2E", "%2e"]), prop::sample::select(vec!["", "."]))
        .prop_map(|(parts, dot, end)| parts.join(dot) + end)
}

fn url_on(host: &str, user: &str, scheme: &str) -> Option<Url> {
    format!("{scheme}://{user}{host}/p?click=1").parse().ok()
}

proptest! {
    #[test]
    fn the_guard_lets_no_special_address_through(v4 in any_v4(), v6 in any_v6()) {
        for address in [IpAddr::V4(v4), IpAddr::V6(v6)] {
            prop_assert!(!(is_public(address) && is_special(address)), "{address}");
        }
    }

    #[test]
    fn no_spelling_of_an_address_is_taken_for_a_name(
        (address, host) in any_v4().prop_flat_map(|address| (Just(address), spelled_v4(address))),
        user in prop::sample::select(vec!["", "", "a@", "a:b@", ":@"]),
        scheme in prop::sample::select(vec!["http", "https", "HTTP", "ftp", "ws"]),
    ) {
        if let Some(url) = url_on(&host, user, scheme) {
            if matches!(url.scheme(), "http" | "https") {
                prop_assert_eq!(url.host(), Some(Host::Ipv4(address)), "{}", host);
            }
            prop_assert!(!(may_be_asked(&url, is_public) && is_special_v4(address)), "{}", url);
        }
    }

    #[test]
    fn no_text_that_is_a_url_gets_past_the_guard_with_a_special_literal(text in "\\PC{0,60}", bytes in any::<Vec<u8>>()) {
        let lossy = String::from_utf8_lossy(&bytes).into_owned();
        for text in [text.clone(), lossy, format!("http://{text}/"), format!("https://[{text}]/")] {
            let Ok(url) = text.parse::<Url>() else { continue };
            let literal = match url.host() {
                Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
                Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
                // What the system would read as an address is one.
                Some(Host::Domain(name)) => name.trim_end_matches('.').parse().ok(),
                None => None,
            };
            if may_be_asked(&url, is_public) {
                prop_assert!(matches!(url.scheme(), "http" | "https") && url.username().is_empty());
                prop_assert!(!literal.is_some_and(is_special), "{}", url);
            }
        }
    }
}
