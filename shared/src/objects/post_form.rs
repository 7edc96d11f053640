use std::collections::BTreeMap;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::AwsConfig;
use crate::domain::calendar::{basic_time, iso_time};
use crate::secret::hex;

/// How long a form may be used, in seconds.
const FORM_SECONDS: i64 = 15 * 60;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// An HTML form that writes one object: the fields in any order, then the file in the field `file`. The SDK signs
/// requests only; this is "Creating a POST Policy" of the Signature Version 4 documentation.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PostForm {
    /// Where to post it.
    pub url: String,
    /// What stands in it before the file.
    pub fields: BTreeMap<&'static str, String>,
}

impl PostForm {
    /// Signs a policy that allows exactly this bucket, key and media type, and 1 to `limit_bytes` bytes.
    pub(super) fn sign(
        aws: &AwsConfig,
        bucket: &str,
        key: &str,
        content_type: &str,
        limit_bytes: u64,
        now: i64,
    ) -> Self {
        let time = basic_time(now);
        let scope = Scope { date: &time[..8], region: &aws.region };
        let mut fields = BTreeMap::from([
            ("key", key.to_owned()),
            ("Content-Type", content_type.to_owned()),
            ("x-amz-algorithm", ALGORITHM.to_owned()),
            ("x-amz-credential", format!("{}/{}", aws.access_key_id, scope.text())),
            ("x-amz-date", time.clone()),
        ]);
        if let Some(token) = &aws.session_token {
            fields.insert("x-amz-security-token", token.clone());
        }
        let exact = fields.iter().map(|(name, value)| json!({ *name: value }));
        let limits = [json!({ "bucket": bucket }), json!(["content-length-range", 1, limit_bytes])];
        let conditions: Vec<Value> = exact.chain(limits).collect();
        let policy = json!({ "conditions": conditions, "expiration": iso_time(now + FORM_SECONDS) });
        let policy = STANDARD.encode(policy.to_string());
        fields.insert("x-amz-signature", scope.signature(&aws.secret_access_key, &policy));
        fields.insert("policy", policy);
        Self { url: bucket_url(aws, bucket), fields }
    }
}

impl std::fmt::Debug for PostForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostForm").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Where the bucket takes forms. A service with an endpoint of its own has its buckets below it.
fn bucket_url(aws: &AwsConfig, bucket: &str) -> String {
    match &aws.s3_url {
        Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        None => format!("https://{bucket}.s3.{}.amazonaws.com/", aws.region),
    }
}

/// What a signature is good for: one day, one region, S3.
struct Scope<'a> {
    date: &'a str,
    region: &'a str,
}

impl Scope<'_> {
    fn text(&self) -> String {
        format!("{}/{}/s3/aws4_request", self.date, self.region)
    }

    fn signature(&self, secret: &str, text: &str) -> String {
        let first = format!("AWS4{secret}").into_bytes();
        let steps = [self.date, self.region, "s3", "aws4_request", text];
        hex(&steps.into_iter().fold(first, |key, step| mac(&key, step)))
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    sign(&Key::new(HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aws(session_token: Option<&str>, s3_url: Option<&str>) -> AwsConfig {
        AwsConfig {
            region: "us-east-1".into(),
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session_token: session_token.map(str::to_owned),
            dynamodb_url: None,
            sqs_url: None,
            kms_url: None,
            s3_url: s3_url.map(str::to_owned),
        }
    }

    /// From "Example: Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)".
    #[test]
    fn the_signature_is_that_of_awss_published_example() {
        let policy = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
        let scope = Scope { date: "20151229", region: "us-east-1" };
        let signature = scope.signature(&aws(None, None).secret_access_key, policy);
        assert_eq!(signature, "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
    }

    #[test]
    fn a_form_allows_one_key_one_type_and_so_many_bytes_for_a_quarter_of_an_hour() {
        let form = PostForm::sign(
            &aws(Some("session"), None),
            "files",
            "incoming/7/img_1",
            "image/png",
            10,
            1_778_403_600,
        );
        assert_eq!(form.url, "https://files.s3.us-east-1.amazonaws.com/");
        let policy = String::from_utf8(STANDARD.decode(&form.fields["policy"]).unwrap()).unwrap();
        insta::assert_snapshot!(policy, @r#"{"conditions":[{"Content-Type":"image/png"},{"key":"incoming/7/img_1"},{"x-amz-algorithm":"AWS4-HMAC-SHA256"},{"x-amz-credential":"AKIAIOSFODNN7EXAMPLE/20260510/us-east-1/s3/aws4_request"},{"x-amz-date":"20260510T090000Z"},{"x-amz-security-token":"session"},{"bucket":"files"},["content-length-range",1,10]],"expiration":"2026-05-10T09:15:00Z"}"#);
        let names: Vec<_> = form.fields.keys().copied().collect();
        insta::assert_snapshot!(names.join(" "), @"Content-Type key policy x-amz-algorithm x-amz-credential x-amz-date x-amz-security-token x-amz-signature");
        assert_eq!(form.fields["x-amz-signature"].len(), 64);
        assert!(!format!("{form:?}").contains(&form.fields["x-amz-signature"]));
    }

    #[test]
    fn a_service_with_its_own_endpoint_has_its_buckets_below_it() {
        let form = PostForm::sign(&aws(None, Some("http://127.0.0.1:9/")), "files", "k", "image/png", 10, 0);
        assert_eq!(form.url, "http://127.0.0.1:9/files");
        assert!(!form.fields.contains_key("x-amz-security-token"));
    }
}
