//! Events and answers of the HTTP API.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Events, Plan, World, done, fail, get, request, until};

const TEMPLATE: &str = r"
Resources:
  Api: {Type: AWS::Serverless::HttpApi}
  Echo:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: echo}}
    Properties:
      Events:
        Item: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: ANY, Path: '/items/{id}/{rest+}'}}
        Body: {Type: HttpApi, Properties: {Method: POST, Path: /body}}
  Answer:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: answer}}
    Properties:
      Timeout: 1
      Events:
        Route: {Type: HttpApi, Properties: {Method: POST, Path: /answer}}
";

/// `echo` keeps its events; `answer` answers with the request's body, or fails, hangs or panics.
async fn world() -> (World, Events) {
    let events = Events::default();
    let plan = Plan::new(TEMPLATE).recording("echo", &events, |_, _| Ok(json!({"statusCode": 204})));
    let plan = plan.function("answer", |event: Value| async move {
        match event["body"].as_str() {
            Some("fail") => fail("as asked"),
            Some("panic") => panic!("as asked"),
            Some("hang") => std::future::pending().await,
            body => Ok(serde_json::from_str(body.unwrap_or("null")).unwrap()),
        }
    });
    (plan.start().await, events)
}

async fn event_of(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let (world, events) = world().await;
    let reply = request(&world.cloud.base_url(), method, path, headers, body).await;
    assert_eq!(reply.status, 204);
    world.cloud.stop().await;
    let events = events.lock().unwrap();
    events[0].clone()
}

#[tokio::test]
async fn a_request_becomes_a_complete_event() {
    let headers = [
        ("X-Mixed", "one"),
        ("x-mixed", "two"),
        ("cookie", "a=1; b=2"),
        ("user-agent", "tester"),
        ("x-forwarded-for", "9.9.9.9"),
        ("x-forwarded-port", "1"),
        ("x-forwarded-port", "2"),
        ("X-Forwarded-Proto", "no scheme"),
    ];
    let path = "/items/a%20b/c/d%2Fe?x=1&y=%26&x=2&flag";
    let mut event = event_of("PUT", path, &headers, b"").await;
    let host = event["requestContext"]["domainName"].as_str().unwrap().to_owned();
    assert!(host.starts_with("127.0.0.1:"));
    let context = event["requestContext"].take();
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "ANY /items/{id}/{rest+}",
            "rawPath": "/items/a%20b/c/d%2Fe",
            "rawQueryString": "x=1&y=%26&x=2&flag",
            "cookies": ["a=1", "b=2"],
            "headers": {
                "connection": "close",
                "content-length": "0",
                "host": host,
                "user-agent": "tester",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": host.rsplit(':').next(),
                "x-forwarded-proto": "http",
                "x-mixed": "one,two",
            },
            "queryStringParameters": {"x": "1,2", "y": "&", "flag": ""},
            "pathParameters": {"id": "a b", "rest": "c/d/e"},
            "requestContext": null,
            "isBase64Encoded": false,
        })
    );
    assert_eq!(
        context["http"],
        json!({
            "method": "PUT",
            "path": "/items/a%20b/c/d%2Fe",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "tester",
        })
    );
    assert_eq!((&context["stage"], &context["accountId"]), (&json!("$default"), &json!("000000000000")));
    assert_eq!(context["time"].as_str().unwrap().len(), "12/Mar/2026:19:03:58 +0000".len());
    assert!(context["timeEpoch"].as_u64().unwrap() > 1_700_000_000_000);
}

#[tokio::test]
async fn a_body_is_text_only_if_its_type_says_so_and_it_is() {
    for (content_type, body, text, is_base64) in [
        ("application/json; charset=utf-8", &b"{\"a\":\"\xc3\xa9\"}"[..], "{\"a\":\"é\"}", false),
        ("application/x-www-form-urlencoded", b"a=1&b=2", "a=1&b=2", false),
        ("text/plain", b"\xff\xfe", "//4=", true),
        ("application/octet-stream", b"plain", "cGxhaW4=", true),
        ("multipart/form-data; boundary=x", b"--x", "LS14", true),
    ] {
        let event = event_of("POST", "/body", &[("content-type", content_type)], body).await;
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!(text), &json!(is_base64)),
            "{content_type}"
        );
    }
}

#[tokio::test]
async fn an_answer_becomes_a_response() {
    let (world, _) = world().await;
    let answer = json!({
        "statusCode": 201,
        "headers": {"x-one": "1", "x-many": "replaced", "x-number": 5},
        "multiValueHeaders": {"x-many": ["a", "b"]},
        "cookies": ["a=1; Secure", "b=2"],
        "body": "/wA=",
        "isBase64Encoded": true,
    });
    let body = answer.to_string();
    let headers = [("content-type", "application/json")];
    let reply = request(&world.cloud.base_url(), "POST", "/answer", &headers, body.as_bytes()).await;
    assert_eq!((reply.status, reply.body.as_slice()), (201, &[0xff, 0x00][..]));
    assert_eq!(reply.header("x-one"), ["1"]);
    assert_eq!(reply.header("x-number"), ["5"]);
    assert_eq!(reply.header("x-many"), ["a", "b"]);
    assert_eq!(reply.header("set-cookie"), ["a=1; Secure", "b=2"]);
    world.cloud.stop().await;
}

#[tokio::test]
async fn an_answer_without_status_is_the_body_of_a_200() {
    let (world, _) = world().await;
    let headers = [("content-type", "application/json")];
    let reply = request(&world.cloud.base_url(), "POST", "/answer", &headers, br#"{"a":1}"#).await;
    assert_eq!((reply.status, reply.json()), (200, json!({"a": 1})));
    assert_eq!(reply.header("content-type"), ["application/json"]);
    world.cloud.stop().await;
}

#[tokio::test]
async fn what_goes_wrong_is_told_as_api_gateway_does() {
    let (world, _) = world().await;
    let large = vec![b'x'; (10 << 20) + 1];
    for (path, body, status, message) in [
        ("/nowhere", &b""[..], 404, "Not Found"),
        ("/answer", b"fail", 500, "Internal Server Error"),
        ("/answer", b"panic", 500, "Internal Server Error"),
        ("/answer", br#"{"statusCode":"many"}"#, 500, "Internal Server Error"),
        ("/answer", b"hang", 503, "Service Unavailable"),
        ("/answer", &large, 413, "Request Entity Too Large"),
    ] {
        let reply =
            request(&world.cloud.base_url(), "POST", path, &[("content-type", "text/plain")], body).await;
        assert_eq!((reply.status, reply.json()), (status, json!({"message": message})), "{path}");
    }
    world.cloud.stop().await;
}

#[tokio::test]
async fn extra_routes_come_first_and_everything_ends_with_the_stop() {
    let (world, _) = world().await;
    let base = world.cloud.base_url();
    assert_eq!(get(&world.cloud, "/healthz").await.text(), "well");
    world.cloud.stop().await;
    assert!(tokio::net::TcpStream::connect(base.trim_start_matches("http://")).await.is_err());
}

#[tokio::test]
async fn the_stop_waits_for_what_runs() {
    let begun = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&begun);
    let plan = Plan::new(TEMPLATE).function("echo", |_| async { done() }).function("answer", move |_| {
        flag.store(true, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(json!({"statusCode": 200, "body": "in time"}))
        }
    });
    let world = plan.start().await;
    let base = world.cloud.base_url();
    let client = tokio::spawn(async move { request(&base, "POST", "/answer", &[], b"").await });
    until("the invocation", || begun.load(Ordering::SeqCst)).await;
    world.cloud.stop().await;
    assert_eq!(client.await.unwrap().text(), "in time");
}
