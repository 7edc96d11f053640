//! Requests that no well-behaved client sends, as bytes on the wire.

use serde_json::{Value, json};

use crate::world::{Events, Plan, Reply, World, raw};

const TEMPLATE: &str = r"
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: echo}}
    Properties:
      Events: {All: {Type: HttpApi, Properties: {Method: ANY, Path: $default}}}
";

async fn world() -> (World, Events) {
    let events = Events::default();
    let plan = Plan::new(TEMPLATE).recording("echo", &events, |_, _| Ok(json!({"statusCode": 204})));
    (plan.start().await, events)
}

/// A request with this target and these header lines.
async fn send(world: &World, target: &str, headers: &str) -> Reply {
    let request = format!("GET {target} HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
    raw(&world.cloud.base_url(), request.as_bytes()).await
}

/// What the crate `lambda_http` makes of an event, which panics where this gives nothing.
fn uri(event: &Value) -> Option<axum::http::Uri> {
    let headers = &event["headers"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (scheme, host) = (text(&headers["x-forwarded-proto"]), text(&headers["host"]));
    let url = url::Url::parse(&format!("{scheme}://{host}{}", text(&event["rawPath"]))).ok()?;
    format!("{url}?{}", text(&event["rawQueryString"])).parse().ok()
}

#[tokio::test]
async fn a_host_that_is_none_is_refused() {
    let (world, events) = world().await;
    for headers in [
        "host: a b\r\n",
        "host: {}\r\n",
        "host: x:99999\r\n",
        "host: x:port\r\n",
        "host: \r\n",
        "host: :80\r\n",
        "host: a/b\r\n",
        "host: a?b\r\n",
        "host: a#b\r\n",
        "host: a|b\r\n",
        "host: a%zz\r\n",
        "host: user@x\r\n",
        "host: [::1\r\n",
        "host: 1.2.3.4.5\r\n",
        "host: é\r\n",
        "host: a\r\nhost: b\r\n",
        "",
    ] {
        let reply = send(&world, "/", headers).await;
        assert_eq!((reply.status, reply.json()), (400, json!({"message": "Bad Request"})), "{headers:?}");
    }
    assert!(events.lock().unwrap().is_empty());
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_target_that_is_no_uri_is_refused() {
    let (world, events) = world().await;
    // Longer than a URI may be, though only once the host is added.
    let long = format!("/{}", "x".repeat(65_520));
    for target in ["*", long.as_str(), &format!("/?{long}")] {
        let reply = send(&world, target, "host: example.com\r\n").await;
        assert_eq!((reply.status, reply.json()), (400, json!({"message": "Bad Request"})), "{target:.20}");
    }
    // These do not get past the server's parser, which has no body to its answer.
    for target in ["/a b", "/\x01", "no-slash/x", "http://"] {
        assert_eq!(send(&world, target, "host: example.com\r\n").await.status, 400, "{target}");
    }
    assert!(events.lock().unwrap().is_empty());
    world.cloud.stop().await;
}

#[tokio::test]
async fn what_gets_through_is_a_uri() {
    let (world, events) = world().await;
    let hosts = ["example.com", "EXAMPLE.com:443", "127.0.0.1:1", "[::1]:80", "a_b", "x:", "a,b", "xn--p1ai"];
    let targets =
        ["/", "//x/", "/%", "/%zz?%", "/\"{}|\\^`", "/é?é", "/?\"{}|'", "http://other.example/x?y", "/a?b?c"];
    for host in hosts {
        for target in targets {
            let reply = send(&world, target, &format!("host: {host}\r\n")).await;
            let event = events.lock().unwrap().pop();
            match (reply.status, &event) {
                (204, Some(event)) => assert!(uri(event).is_some(), "{host} {target}"),
                (status, _) => assert_eq!((status, event), (400, None), "{host} {target}"),
            }
        }
    }
    for target in ["/", "//x/", "/%", "http://other.example/x?y", "/a?b?c"] {
        assert_eq!(send(&world, target, "host: example.com\r\n").await.status, 204, "{target}");
    }
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_client_cannot_say_how_it_was_forwarded() {
    let (world, events) = world().await;
    let port = world.cloud.base_url().rsplit(':').next().unwrap().to_owned();
    for value in ["", "https", "a b", "javascript", "://", "http\r\nX-Forwarded-Proto: https"] {
        let headers = format!(
            "host: example.com\r\nX-Forwarded-Proto: {value}\r\nx-forwarded-for: 9.9.9.9\r\nx-forwarded-port: 1\r\n"
        );
        assert_eq!(send(&world, "/", &headers).await.status, 204, "{value:?}");
        let event = events.lock().unwrap().pop().unwrap();
        let seen =
            ["for", "port", "proto"].map(|name| event["headers"][format!("x-forwarded-{name}")].clone());
        assert_eq!(json!(seen), json!(["127.0.0.1", port, "http"]), "{value:?}");
    }
    world.cloud.stop().await;
}
