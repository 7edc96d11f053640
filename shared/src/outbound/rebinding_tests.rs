//! Names that change what they lead to. 127.0.0.2 stands for the internet, 127.0.0.1 for what is inside.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::{Exchange, Limits, Outbound};
use super::request::OutboundRequest;
use super::test_receiver::{Names, Receiver};

const OUTSIDE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));
const INSIDE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const KEPT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const CLOSED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

struct Scene {
    outside: Receiver,
    inside: Receiver,
    names: Names,
    outbound: Outbound,
}

impl Scene {
    async fn new(answer: &'static str) -> Self {
        let inside = Receiver::answering("127.0.0.1:0", KEPT).await;
        let outside = Receiver::answering(&format!("127.0.0.2:{}", inside.port), answer).await;
        let names = Names::default();
        let outbound = Outbound::within(Limits::STANDARD, |a| a == OUTSIDE, names.lookup()).unwrap();
        Self { outside, inside, names, outbound }
    }

    async fn ask(&self) -> Exchange {
        let url = format!("http://name.example:{}/", self.inside.port).parse().unwrap();
        self.outbound.send(&OutboundRequest::get(url, "id")).await
    }
}

#[tokio::test]
async fn the_check_and_the_connection_use_the_same_answer() {
    let scene = Scene::new(CLOSED).await;
    scene.names.set("name.example", vec![vec![OUTSIDE], vec![INSIDE]]);
    assert_eq!(scene.ask().await.status(), Some(200));
    assert_eq!(scene.names.asked(), 1, "a second question could have another answer");
    assert_eq!(scene.ask().await, Exchange::TargetRefused);
    assert_eq!((scene.outside.count(), scene.inside.count()), (1, 0));
}

#[tokio::test]
async fn a_name_that_flips_at_every_question_never_leads_inside() {
    let scene = Scene::new(CLOSED).await;
    scene.names.set("name.example", [vec![OUTSIDE], vec![INSIDE]].into_iter().cycle().take(100).collect());
    let mut refused = 0;
    for _ in 0..100 {
        refused += usize::from(scene.ask().await == Exchange::TargetRefused);
    }
    assert_eq!((refused, scene.outside.count(), scene.inside.count()), (50, 50, 0));
}

#[tokio::test]
async fn a_kept_connection_stays_where_it_was_checked() {
    let scene = Scene::new(KEPT).await;
    scene.names.set("name.example", vec![vec![OUTSIDE], vec![INSIDE]]);
    for _ in 0..5 {
        assert_eq!(scene.ask().await.status(), Some(200));
    }
    assert_eq!((scene.outside.count(), scene.inside.count(), scene.names.asked()), (1, 0, 1));
}

#[tokio::test]
async fn a_kept_connection_is_no_way_around_the_check_of_the_url() {
    let scene = Scene::new(KEPT).await;
    scene.names.set("name.example", vec![vec![OUTSIDE]]);
    assert_eq!(scene.ask().await.status(), Some(200));
    let url = format!("http://user@name.example:{}/", scene.inside.port).parse().unwrap();
    let refused = scene.outbound.send(&OutboundRequest::get(url, "id")).await;
    assert_eq!((refused, scene.names.asked()), (Exchange::TargetRefused, 1));
}

#[tokio::test]
async fn a_name_that_leads_inside_with_one_of_its_addresses_is_refused_whole() {
    let scene = Scene::new(KEPT).await;
    for answer in [vec![OUTSIDE, INSIDE], vec![INSIDE, OUTSIDE], vec![OUTSIDE, OUTSIDE, INSIDE]] {
        scene.names.set("name.example", vec![answer]);
        assert_eq!(scene.ask().await, Exchange::TargetRefused);
    }
    assert_eq!((scene.outside.count(), scene.inside.count()), (0, 0));
}

#[tokio::test]
async fn a_resolver_that_never_answers_is_cut() {
    let lookup: super::resolver::Lookup = Arc::new(|_| Box::pin(std::future::pending()));
    let limits = Limits { connect: Duration::from_millis(200), whole: Duration::from_millis(400) };
    let outbound = Outbound::within(limits, |_| true, lookup).unwrap();
    let began = Instant::now();
    let url = "http://name.example/".parse().unwrap();
    assert_eq!(outbound.send(&OutboundRequest::get(url, "id")).await, Exchange::TimedOut);
    assert!(began.elapsed() < Duration::from_millis(300 + 200), "{:?}", began.elapsed());
}
