//! One HTTP client and one way to configure every AWS SDK.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
pub use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::config::AwsConfig;

/// The five roots that AWS endpoints are signed under, from Amazon Trust Services' repository.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(6);

/// Objects have up to 50 MB, which S3 and a small function need some seconds for.
const OBJECT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const OBJECT_OPERATION_TIMEOUT: Duration = Duration::from_secs(20);

/// Each SDK has a configuration type of its own, so the one way to fill it in is spelled once, here.
///
/// A client pays for its retries from a quota of its own: by default all of a process share one, and where many
/// functions run in one process the failures of one would take the retries of the others.
macro_rules! settings {
    ($sdk:ident, $aws:expr, $endpoint:expr) => {{
        let mut builder = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::latest())
            .region($sdk::config::Region::new($aws.config.region.clone()))
            .credentials_provider($aws.credentials())
            .http_client($aws.http.clone())
            .retry_config(retries())
            .retry_partition($sdk::config::retry::RetryPartition::custom("own").build())
            .timeout_config(timeouts(ATTEMPT_TIMEOUT, OPERATION_TIMEOUT));
        builder.set_endpoint_url($endpoint.clone());
        builder
    }};
}

/// What the SDK clients share.
#[derive(Clone, Debug)]
pub struct Aws {
    config: AwsConfig,
    http: SharedHttpClient,
}

impl Aws {
    /// Takes the environment's configuration and, for tests, an HTTP client that misbehaves on demand.
    #[must_use]
    pub fn new(config: AwsConfig, http: Option<SharedHttpClient>) -> Self {
        Self { config, http: http.unwrap_or_else(http_client) }
    }

    /// A DynamoDB client.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let settings = settings!(aws_sdk_dynamodb, self, &self.config.dynamodb_url);
        aws_sdk_dynamodb::Client::from_conf(settings.build())
    }

    /// An SQS client.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let settings = settings!(aws_sdk_sqs, self, &self.config.sqs_url);
        aws_sdk_sqs::Client::from_conf(settings.build())
    }

    /// A KMS client.
    #[must_use]
    pub fn kms(&self) -> aws_sdk_kms::Client {
        let settings = settings!(aws_sdk_kms, self, &self.config.kms_url);
        aws_sdk_kms::Client::from_conf(settings.build())
    }

    /// An S3 client. A service with an endpoint of its own has its buckets in the path, not in the host's name.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let settings = settings!(aws_sdk_s3, self, &self.config.s3_url);
        let settings = settings.force_path_style(self.config.s3_url.is_some());
        // A part with a checksum does not fit an object that was begun without one; TLS guards what is on its way.
        let settings = settings
            .request_checksum_calculation(aws_sdk_s3::config::RequestChecksumCalculation::WhenRequired);
        let limits = timeouts(OBJECT_ATTEMPT_TIMEOUT, OBJECT_OPERATION_TIMEOUT);
        aws_sdk_s3::Client::from_conf(settings.timeout_config(limits).build())
    }

    fn credentials(&self) -> Credentials {
        let config = &self.config;
        let token = config.session_token.clone();
        Credentials::new(&config.access_key_id, &config.secret_access_key, token, None, "environment")
    }
}

/// A client that trusts Amazon's own roots and nothing else.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    let trust_store = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let tls = TlsContext::builder().with_trust_store(trust_store).build();
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    match tls {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50))
}

fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}
