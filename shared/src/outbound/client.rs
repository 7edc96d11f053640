use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response};
use url::Url;

use super::excerpt::excerpt;
use super::guard::{is_public, may_be_asked};
use super::request::OutboundRequest;
use super::resolver::{AddressRule, GuardedResolver, Lookup, system_lookup, was_guarded};
use crate::config::Targets;
use crate::domain::retry_after::RetryAfter;

/// One request to a target takes no longer than this, connecting and reading included.
pub const TARGET_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of an answer is taken, in bytes: enough to keep the connection for the next request.
const READ_BYTES: usize = 4096;

/// The name of the header that carries the postback's id.
const ID_HEADER: &str = "gatepost-id";

/// How long one request may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To find the address and to connect, TLS included.
    pub connect: Duration,
    /// From the beginning to the end of the answer, connecting included.
    pub whole: Duration,
}

/// Sends requests to targets that users choose.
#[derive(Clone, Debug)]
pub struct Outbound {
    http: Client,
    allowed: AddressRule,
}

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The target answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The beginning of what it said, for the log: at most 500 bytes, without control characters.
        excerpt: String,
        /// When it asked to be tried again.
        retry_after: Option<RetryAfter>,
    },
    /// The address is not one of the public internet; nothing was sent.
    TargetRefused,
    /// No answer in time.
    TimedOut,
    /// No connection.
    NotConnected,
    /// The connection broke off before an answer.
    BrokenOff,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// When it asked to be tried again.
    pub retry_after: Option<RetryAfter>,
    /// What it said; `None` if that is longer than was asked for.
    pub body: Option<Vec<u8>>,
}

impl Limits {
    /// Those of postbacks and webhooks.
    pub const STANDARD: Self = Self { connect: Duration::from_secs(3), whole: TARGET_TIMEOUT };
}

impl Exchange {
    /// The status, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answered { status, .. } => Some(*status),
            Self::TargetRefused | Self::TimedOut | Self::NotConnected | Self::BrokenOff => None,
        }
    }
}

impl Outbound {
    /// A client for `targets`, within the limits of postbacks.
    ///
    /// # Errors
    ///
    /// [`reqwest::Error`] if TLS cannot be set up; a build fault, not an input.
    pub fn new(targets: Targets) -> Result<Self, reqwest::Error> {
        let allowed: AddressRule = match targets {
            Targets::Public => is_public,
            Targets::Any => |_| true,
        };
        Self::within(Limits::STANDARD, allowed, system_lookup())
    }

    /// A client that connects to the addresses that `lookup` finds, if they are `allowed`.
    pub(super) fn within(
        limits: Limits,
        allowed: AddressRule,
        lookup: Lookup,
    ) -> Result<Self, reqwest::Error> {
        let http = crate::tls::http_client()
            .connect_timeout(limits.connect)
            .timeout(limits.whole)
            .dns_resolver(GuardedResolver { lookup, allowed })
            .build()?;
        Ok(Self { http, allowed })
    }

    /// Sends one request, once. Redirects are not followed; an answer that began is judged by its status, however
    /// the rest of it ends.
    pub async fn send(&self, request: &OutboundRequest) -> Exchange {
        match self.begin(request).await {
            Ok(response) => answered(response).await,
            Err(exchange) => exchange,
        }
    }

    /// Sends one request, once, for what it is answered: of so many bytes at most. Redirects are not followed.
    ///
    /// # Errors
    ///
    /// What came instead; never [`Exchange::Answered`]. An answer that breaks off, or is late with its last byte, is none.
    pub async fn fetch(&self, request: &OutboundRequest, bytes_max: usize) -> Result<Fetched, Exchange> {
        let mut response = self.begin(request).await?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unsent(&error))? {
            if body.len() + chunk.len() > bytes_max {
                return Ok(Fetched { status, retry_after, body: None });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { status, retry_after, body: Some(body) })
    }

    async fn begin(&self, request: &OutboundRequest) -> Result<Response, Exchange> {
        if !may_be_asked(&request.url, self.allowed) {
            return Err(Exchange::TargetRefused);
        }
        self.spelled(request).send().await.map_err(|error| unsent(&error))
    }

    fn spelled(&self, request: &OutboundRequest) -> RequestBuilder {
        let url: Url = request.url.clone();
        let mut spelled = match &request.body {
            None => self.http.get(url),
            Some(body) => self.http.post(url).header(CONTENT_TYPE, body.media_type).body(body.text.clone()),
        };
        spelled = spelled.header(ID_HEADER, &request.id);
        if let Some(signature) = &request.signature {
            spelled = spelled
                .header("webhook-id", &request.id)
                .header("webhook-timestamp", signature.timestamp)
                .header("webhook-signature", &signature.value);
        }
        spelled
    }
}

/// What came where no answer did.
fn unsent(error: &reqwest::Error) -> Exchange {
    if was_guarded(error) {
        Exchange::TargetRefused
    } else if error.is_timeout() {
        Exchange::TimedOut
    } else if error.is_connect() {
        Exchange::NotConnected
    } else {
        Exchange::BrokenOff
    }
}

fn retry_after(response: &Response) -> Option<RetryAfter> {
    let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    after.and_then(RetryAfter::parse)
}

async fn answered(mut response: Response) -> Exchange {
    let retry_after = retry_after(&response);
    let mut read = Vec::new();
    // The deadline holds for the body too: what has not come by then is not waited for.
    while read.len() < READ_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        let taken = chunk.len().min(READ_BYTES - read.len());
        read.extend_from_slice(&chunk[..taken]);
    }
    Exchange::Answered { status: response.status().as_u16(), excerpt: excerpt(&read), retry_after }
}
