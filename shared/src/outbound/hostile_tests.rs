//! Targets that lead inside, in every spelling, and a listener that counts who comes.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::Command;

use url::Url;

use super::client::{Exchange, Limits, Outbound};
use super::guard::{BLOCKED_V4, BLOCKED_V6, is_public};
use super::request::{OutboundBody, OutboundRequest};
use super::resolver::system_lookup;
use super::test_receiver::{Names, Receiver};
use crate::config::Targets;

const ANSWER: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// Blocks outside 2000::/3, by their first and last address; refused because they are not inside it.
const OUTSIDE_GLOBAL_UNICAST: [(&str, u32); 13] = [
    ("::", 128),
    ("::1", 128),
    ("::", 96),
    ("::ffff:0:0", 96),
    ("64:ff9b::", 96),
    ("64:ff9b:1::", 48),
    ("100::", 64),
    ("100:0:0:1::", 64),
    ("5f00::", 16),
    ("fc00::", 7),
    ("fe80::", 10),
    ("fec0::", 10),
    ("ff00::", 8),
];

/// Addresses of AWS that answer with credentials or with what a function is to do, and of other clouds.
const NOTORIOUS: [&str; 5] =
    ["169.254.169.254", "169.254.170.2", "169.254.100.1", "100.100.100.200", "192.0.0.192"];

fn edges_v4() -> BTreeSet<Ipv4Addr> {
    let edges = BLOCKED_V4.iter().flat_map(|(block, length)| {
        let last = block.to_bits() | u32::MAX.checked_shr(*length).unwrap_or(0);
        [*block, Ipv4Addr::from_bits(last)]
    });
    edges.chain(NOTORIOUS.map(|address| address.parse().unwrap())).collect()
}

fn edges_v6() -> BTreeSet<Ipv6Addr> {
    let outside = OUTSIDE_GLOBAL_UNICAST.map(|(block, length)| (block.parse().unwrap(), length));
    let edges = BLOCKED_V6.iter().copied().chain(outside).flat_map(|(block, length): (Ipv6Addr, u32)| {
        let last = block.to_bits() | u128::MAX.checked_shr(length).unwrap_or(0);
        [block, Ipv6Addr::from_bits(last)]
    });
    edges.chain(["fd00:ec2::254".parse().unwrap()]).collect()
}

/// Every way of writing an IPv4 address that some parser takes.
fn spellings_v4(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let (bits, low) = (address.to_bits(), u16::from_be_bytes([c, d]));
    let dotted = address.to_string();
    let wide: String = dotted.chars().map(|letter| letter.to_digit(10).map_or(letter, wide_digit)).collect();
    let escaped = dotted.bytes().map(|byte| format!("%{byte:02X}")).collect();
    vec![
        dotted,
        format!("{address}."),
        format!("{bits}"),
        format!("0x{bits:X}"),
        format!("0{bits:o}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0{a:o}.{b}.{c:#x}.{d}"),
        format!("{a}.{}", bits & 0x00ff_ffff),
        format!("{a}.{b}.{low}"),
        format!("00000{a:o}.{b}.{c}.{d}"),
        wide,
        format!("{a}。{b}｡{c}．{d}"),
        escaped,
        format!("user:pass@{address}"),
        format!("public.example@{address}"),
    ]
}

fn wide_digit(value: u32) -> char {
    char::from_u32(u32::from('０') + value).unwrap()
}

/// The IPv6 forms that carry an IPv4 address.
fn carrying(address: Ipv4Addr) -> [Ipv6Addr; 6] {
    let bits = u128::from(address.to_bits());
    let at = |prefix: &str, shift: u32| {
        Ipv6Addr::from_bits(prefix.parse::<Ipv6Addr>().unwrap().to_bits() | bits << shift)
    };
    let teredo = "2001:0::".parse::<Ipv6Addr>().unwrap().to_bits() | u128::from(!address.to_bits());
    [
        at("::ffff:0:0", 0),
        at("::", 0),
        at("2002::", 80),
        at("64:ff9b::", 0),
        at("64:ff9b:1::", 0),
        Ipv6Addr::from_bits(teredo),
    ]
}

fn spellings_v6(address: Ipv6Addr) -> Vec<String> {
    let full = address.segments().map(|segment| format!("{segment:04X}")).join(":");
    let [.., high, low] = address.segments();
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    let head =
        address.segments()[..6].iter().map(|segment| format!("{segment:x}")).collect::<Vec<_>>().join(":");
    vec![format!("[{address}]"), format!("[{full}]"), format!("[{head}:{a}.{b}.{c}.{d}]")]
}

/// Every hostile literal, as a host in a URL.
fn hostile_hosts() -> BTreeSet<String> {
    let v6 = edges_v6().into_iter().chain(edges_v4().into_iter().flat_map(carrying));
    edges_v4().into_iter().flat_map(spellings_v4).chain(v6.flat_map(spellings_v6)).collect()
}

fn requests(url: &Url) -> [OutboundRequest; 2] {
    let body = OutboundBody { media_type: "application/json", text: "{}".to_owned() };
    let get = OutboundRequest::get(url.clone(), "id");
    [get.clone(), OutboundRequest { body: Some(body), ..get }]
}

/// A listener on every address of this machine.
async fn everywhere() -> Receiver {
    let bound = tokio::net::TcpListener::bind("[::]:0").await.is_ok();
    Receiver::answering(if bound { "[::]:0" } else { "0.0.0.0:0" }, ANSWER).await
}

#[tokio::test]
async fn no_literal_that_leads_inside_is_connected_to() {
    let receiver = everywhere().await;
    let names = Names::default();
    let outbound = Outbound::within(Limits::STANDARD, is_public, names.lookup()).unwrap();
    let mut tried = 0;
    for host in hostile_hosts() {
        for scheme in ["http", "https"] {
            // What is no URL cannot be asked.
            let Ok(url) = format!("{scheme}://{host}:{}/", receiver.port).parse::<Url>() else { continue };
            for request in requests(&url) {
                assert_eq!(outbound.send(&request).await, Exchange::TargetRefused, "{host}");
            }
            tried += 1;
        }
    }
    assert!(tried >= 1_500, "{tried} hostile targets");
    assert_eq!((receiver.count(), names.asked()), (0, 0), "nobody came, and no resolver was asked");
}

#[tokio::test]
async fn no_name_that_leads_inside_is_connected_to() {
    let receiver = everywhere().await;
    let names = Names::default();
    let outbound = Outbound::within(Limits::STANDARD, is_public, names.lookup()).unwrap();
    let carried = edges_v4().into_iter().flat_map(carrying);
    let v6 = edges_v6().into_iter().chain(carried).map(IpAddr::V6);
    let inside: BTreeSet<_> = edges_v4().into_iter().map(IpAddr::V4).chain(v6).collect();
    let public: IpAddr = "8.8.8.8".parse().unwrap();
    for address in &inside {
        for answer in [vec![*address], vec![public, *address], vec![*address, public]] {
            names.set("name.example", vec![answer]);
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://name.example:{}/", receiver.port).parse().unwrap();
                let refused = outbound.send(&OutboundRequest::get(url, "id")).await;
                assert_eq!(refused, Exchange::TargetRefused, "{address}");
            }
        }
    }
    assert!(inside.len() >= 300, "{} addresses", inside.len());
    assert_eq!((receiver.count(), names.asked()), (0, inside.len() * 6));
}

#[tokio::test]
async fn names_of_this_machine_are_refused() {
    let receiver = everywhere().await;
    let outbound = Outbound::new(Targets::Public).unwrap();
    for host in ["localhost", "LOCALHOST", "localhost.", "foo.localhost", "ip6-localhost"] {
        let url = format!("http://{host}:{}/", receiver.port).parse().unwrap();
        // A system that does not know the name connects to nothing either.
        let refused = [Exchange::TargetRefused, Exchange::NotConnected];
        assert!(refused.contains(&outbound.send(&OutboundRequest::get(url, "id")).await), "{host}");
    }
    assert_eq!(receiver.count(), 0);
}

#[tokio::test]
async fn the_listener_would_have_noticed() {
    let receiver = everywhere().await;
    let outbound = Outbound::within(Limits::STANDARD, |_| true, system_lookup()).unwrap();
    for host in spellings_v4(Ipv4Addr::LOCALHOST).iter().filter(|host| !host.contains('@')) {
        let url = format!("http://{host}:{}/", receiver.port).parse().unwrap();
        assert_eq!(outbound.send(&OutboundRequest::get(url, "id")).await.status(), Some(204), "{host}");
    }
    assert_eq!(receiver.count(), 1, "one connection, kept: the parser makes one host of all spellings");
}

#[tokio::test]
async fn a_laptop_may_allow_loopback() {
    let receiver = Receiver::answering("127.0.0.1:0", ANSWER).await;
    let outbound = Outbound::new(Targets::Any).unwrap();
    let url = format!("http://localhost:{}/", receiver.port).parse().unwrap();
    assert_eq!(outbound.send(&OutboundRequest::get(url, "id")).await.status(), Some(204));
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_asked() {
    let proxy = Receiver::answering("127.0.0.1:0", ANSWER).await;
    let address = format!("http://127.0.0.1:{}", proxy.port);
    // The environment of a running process cannot be changed safely; the test above runs again in one of its own.
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "outbound::hostile_tests::a_laptop_may_allow_loopback"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        again.env(name, &address);
    }
    let ran = tokio::task::spawn_blocking(move || again.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.count(), 0);
}
