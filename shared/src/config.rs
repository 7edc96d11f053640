//! The environment, read once at start and nowhere else.

use std::path::PathBuf;

/// What a function is told by its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TABLE_NAME`: the DynamoDB table.
    pub table_name: String,
    /// `VISIT_TABLE_NAME`: the DynamoDB table of who visited.
    pub visit_table_name: Option<String>,
    /// `BUCKET_NAME`: the S3 bucket.
    pub bucket_name: Option<String>,
    /// `POSTBACK_QUEUE_URL`: where decided postbacks go.
    pub postback_queue_url: Option<String>,
    /// `RETRY_QUEUE_URL`: where postbacks wait to be tried again.
    pub retry_queue_url: Option<String>,
    /// `WELCOME_QUEUE_URL`: where messages wait that a bot may not send at once.
    pub welcome_queue_url: Option<String>,
    /// `NOTIFICATION_QUEUE_URL`: where news for owners go.
    pub notification_queue_url: Option<String>,
    /// `BOT_QUEUE_URL`: where the standing checks of bots go.
    pub bot_queue_url: Option<String>,
    /// `IMPORT_QUEUE_URL`: where lists of subscribers wait to be read.
    pub import_queue_url: Option<String>,
    /// `ERASURE_QUEUE_URL`: where erasures go that are under way.
    pub erasure_queue_url: Option<String>,
    /// `PLAN_QUEUE_URL`: where the planning of executions goes.
    pub plan_queue_url: Option<String>,
    /// `LANE_QUEUE_URL`: where the tokens of lanes go.
    pub lane_queue_url: Option<String>,
    /// `WEBHOOK_QUEUE_URL`: where goes what webhooks are told.
    pub webhook_queue_url: Option<String>,
    /// `WEBHOOK_RETRY_QUEUE_URL`: where it waits to be tried again.
    pub webhook_retry_queue_url: Option<String>,
    /// `STREAM_DEAD_LETTERS_URL`: where stream records go that do not read.
    pub stream_dead_letters_url: Option<String>,
    /// `TELEGRAM_API_URL`: the Bot API's base, without a trailing slash.
    pub telegram_api_url: String,
    /// `PUBLIC_URL`: the base that Telegram calls; `None` = the host of the request.
    pub public_url: Option<String>,
    /// `TRACK_LINKS=false`: links of campaigns stay as they are. Only for a laptop, which nobody reaches by a link.
    pub track_links: bool,
    /// `AWS_LAMBDA_FUNCTION_NAME`: what the function's metrics are told apart by; `None` = none are told.
    pub function_name: Option<String>,
    /// What seals bot tokens.
    pub token_key: Option<TokenKey>,
    /// `ALLOW_PRIVATE_TARGETS=true`: postbacks may go to private addresses. Only for a laptop.
    pub targets: Targets,
    /// Region, credentials and endpoints.
    pub aws: AwsConfig,
}

/// Where postbacks may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Only addresses of the public internet.
    Public,
    /// Any address; for a laptop, where the receiver is on loopback.
    Any,
}

/// What seals bot tokens.
#[derive(Clone, Debug)]
pub enum TokenKey {
    /// `TOKEN_KEY_FILE`: 32 random bytes in a file; made if missing.
    File(PathBuf),
    /// `TOKEN_KMS_KEY_ID`: a KMS key.
    Kms(String),
}

/// How to reach AWS.
#[derive(Clone)]
pub struct AwsConfig {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`.
    pub dynamodb_url: Option<String>,
    /// `AWS_ENDPOINT_URL_SQS`, else `AWS_ENDPOINT_URL`.
    pub sqs_url: Option<String>,
    /// `AWS_ENDPOINT_URL_KMS`, else `AWS_ENDPOINT_URL`.
    pub kms_url: Option<String>,
    /// `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`.
    pub s3_url: Option<String>,
}

impl std::fmt::Debug for AwsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsConfig").field("region", &self.region).finish_non_exhaustive()
    }
}

/// A variable that must be there is not.
#[derive(Debug, thiserror::Error)]
#[error("the environment lacks {0}")]
pub struct MissingVariable(pub &'static str);

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    ///
    /// [`MissingVariable`] for the first required one that is absent or empty.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_environment() -> Result<Self, MissingVariable> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the process's environment for the operator, who names the table.
    ///
    /// # Errors
    ///
    /// [`MissingVariable`] for the first required one that is absent or empty.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_environment_on(table: &str) -> Result<Self, MissingVariable> {
        Self::read_on(table, |name| std::env::var(name).ok())
    }

    /// Reads variables from `lookup`, but for the table's name.
    ///
    /// # Errors
    ///
    /// [`MissingVariable`] for the first required one that is absent or empty.
    pub fn read_on(table: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, MissingVariable> {
        Self::read(|name| if name == "TABLE_NAME" { Some(table.to_owned()) } else { lookup(name) })
    }

    /// Reads variables from `lookup`; an empty value counts as absent.
    ///
    /// # Errors
    ///
    /// [`MissingVariable`] for the first required one that is absent or empty.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, MissingVariable> {
        let optional = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let required = |name: &'static str| optional(name).ok_or(MissingVariable(name));
        let endpoint = |name: &str| optional(name).or_else(|| optional("AWS_ENDPOINT_URL"));
        let base_url = |url: String| url.trim_end_matches('/').to_owned();
        let file = optional("TOKEN_KEY_FILE").map(|path| TokenKey::File(path.into()));
        let private = optional("ALLOW_PRIVATE_TARGETS").as_deref() == Some("true");
        Ok(Self {
            table_name: required("TABLE_NAME")?,
            visit_table_name: optional("VISIT_TABLE_NAME"),
            bucket_name: optional("BUCKET_NAME"),
            postback_queue_url: optional("POSTBACK_QUEUE_URL"),
            retry_queue_url: optional("RETRY_QUEUE_URL"),
            welcome_queue_url: optional("WELCOME_QUEUE_URL"),
            notification_queue_url: optional("NOTIFICATION_QUEUE_URL"),
            bot_queue_url: optional("BOT_QUEUE_URL"),
            import_queue_url: optional("IMPORT_QUEUE_URL"),
            erasure_queue_url: optional("ERASURE_QUEUE_URL"),
            plan_queue_url: optional("PLAN_QUEUE_URL"),
            lane_queue_url: optional("LANE_QUEUE_URL"),
            webhook_queue_url: optional("WEBHOOK_QUEUE_URL"),
            webhook_retry_queue_url: optional("WEBHOOK_RETRY_QUEUE_URL"),
            stream_dead_letters_url: optional("STREAM_DEAD_LETTERS_URL"),
            telegram_api_url: optional("TELEGRAM_API_URL")
                .map_or_else(|| "https://api.telegram.org".to_owned(), base_url),
            public_url: optional("PUBLIC_URL").map(base_url),
            track_links: optional("TRACK_LINKS").as_deref() != Some("false"),
            function_name: optional("AWS_LAMBDA_FUNCTION_NAME"),
            token_key: file.or_else(|| optional("TOKEN_KMS_KEY_ID").map(TokenKey::Kms)),
            targets: if private { Targets::Any } else { Targets::Public },
            aws: AwsConfig {
                region: required("AWS_REGION")?,
                access_key_id: required("AWS_ACCESS_KEY_ID")?,
                secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
                session_token: optional("AWS_SESSION_TOKEN"),
                dynamodb_url: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
                sqs_url: endpoint("AWS_ENDPOINT_URL_SQS"),
                kms_url: endpoint("AWS_ENDPOINT_URL_KMS"),
                s3_url: endpoint("AWS_ENDPOINT_URL_S3"),
            },
        })
    }
}
