//! Buckets.

use rustack_auth::canonical::build_canonical_request;
use rustack_auth::hash_payload;
use rustack_auth::sigv4::{build_string_to_sign, compute_signature, derive_signing_key};

use crate::world::{Plan, Reply, now_s, request};

const TEMPLATE: &str = "
Resources:
  Files: {Type: AWS::S3::Bucket}
";

/// A signed request.
async fn signed(endpoint: &str, method: &str, path: &str, secret: &str, body: &[u8]) -> Reply {
    let now = amz_date();
    let date = &now[..8];
    let hash = hash_payload(body);
    let host = endpoint.trim_start_matches("http://");
    let headers = [("host", host), ("x-amz-content-sha256", hash.as_str()), ("x-amz-date", now.as_str())];
    let names = ["host", "x-amz-content-sha256", "x-amz-date"];
    let canonical = build_canonical_request(method, path, "", &headers, &names, &hash);
    let scope = format!("{date}/us-east-1/s3/aws4_request");
    let text = build_string_to_sign(&now, &scope, &hash_payload(canonical.as_bytes()));
    let key = derive_signing_key(secret, date, "us-east-1", "s3").unwrap();
    let signature = compute_signature(&key, &text).unwrap();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders={}, Signature={signature}",
        names.join(";")
    );
    let sent = [headers[1], headers[2], ("authorization", authorization.as_str())];
    request(endpoint, method, path, &sent, body).await
}

/// `20260312T190358Z`
fn amz_date() -> String {
    let now = time::OffsetDateTime::from_unix_timestamp(now_s().cast_signed()).unwrap();
    now.format(time::macros::format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap()
}

#[tokio::test]
async fn an_object_that_was_put_can_be_got_by_who_has_the_key() {
    let world = Plan::new(TEMPLATE).start().await;
    let endpoint = world.cloud.aws_environment()["AWS_ENDPOINT_URL_S3"].clone();
    assert_eq!(world.cloud.bucket_name("Files"), Some("files"));
    let put = signed(&endpoint, "PUT", "/files/a/b.txt", "test", b"hello").await;
    assert_eq!(put.status, 200, "{}", put.text());
    let got = signed(&endpoint, "GET", "/files/a/b.txt", "test", b"").await;
    assert_eq!((got.status, got.text().as_str()), (200, "hello"));
    let stranger = signed(&endpoint, "GET", "/files/a/b.txt", "guess", b"").await;
    assert_eq!(stranger.status, 403);
    assert_eq!(std::fs::read(world.data.path().join("s3/files/a/b.txt")).unwrap(), b"hello");
    world.cloud.stop().await;
}
