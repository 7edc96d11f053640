use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, RequestBuilder};
use url::{Host, Url};

use super::guard::is_public;
use crate::config::Targets;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// One request to a target takes no longer than this, connecting and reading included.
pub const TARGET_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of an answer is read, in bytes: enough to keep the connection for the next request.
const READ_BYTES: usize = 4096;

/// The name of the header that carries the postback's id.
const ID_HEADER: &str = "gatepost-id";

/// The media type of a POST.
const FORM: &str = "application/x-www-form-urlencoded";

/// Sends requests to targets that users choose.
#[derive(Clone, Debug)]
pub struct Outbound {
    http: Client,
    targets: Targets,
}

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The target answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<String>,
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

impl Outbound {
    /// A client for `targets`.
    ///
    /// # Errors
    ///
    /// [`reqwest::Error`] if TLS cannot be set up; a build fault, not an input.
    pub fn new(targets: Targets) -> Result<Self, reqwest::Error> {
        let builder = crate::tls::http_client().connect_timeout(CONNECT_TIMEOUT).timeout(TARGET_TIMEOUT);
        let http = builder.dns_resolver(GuardedResolver { targets }).build()?;
        Ok(Self { http, targets })
    }

    /// Sends one GET with the postback's id in a header. Redirects are not followed.
    pub async fn get(&self, url: &Url, id: &str) -> Exchange {
        self.send(url, self.http.get(url.clone()), id).await
    }

    /// The same as a POST: the query's pairs, as they are spelled, are the body, a form.
    pub async fn post(&self, url: &Url, id: &str) -> Exchange {
        let mut bare = url.clone();
        bare.set_query(None);
        let form = url.query().unwrap_or_default().to_owned();
        let request = self.http.post(bare).header(CONTENT_TYPE, FORM).body(form);
        self.send(url, request, id).await
    }

    async fn send(&self, url: &Url, request: RequestBuilder, id: &str) -> Exchange {
        if !self.may_connect(url) {
            return Exchange::TargetRefused;
        }
        match request.header(ID_HEADER, id).send().await {
            Ok(mut response) => {
                let mut read = 0;
                while let Ok(Some(chunk)) = response.chunk().await {
                    read += chunk.len();
                    if read > READ_BYTES {
                        break;
                    }
                }
                let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                Exchange::Answered {
                    status: response.status().as_u16(),
                    retry_after: retry_after.map(str::to_owned),
                }
            }
            Err(error) if was_guarded(&error) => Exchange::TargetRefused,
            Err(error) if error.is_timeout() => Exchange::TimedOut,
            Err(error) if error.is_connect() => Exchange::NotConnected,
            Err(_) => Exchange::BrokenOff,
        }
    }

    /// Names are judged when they are resolved, for the very addresses that are connected to; literal addresses
    /// never reach the resolver and are judged here. The URL parser has already undone odd spellings.
    fn may_connect(&self, url: &Url) -> bool {
        let web = matches!(url.scheme(), "http" | "https");
        let no_user = url.username().is_empty() && url.password().is_none();
        let allowed = |address: IpAddr| self.targets == Targets::Any || is_public(address);
        let host = match url.host() {
            Some(Host::Ipv4(address)) => allowed(address.into()),
            Some(Host::Ipv6(address)) => allowed(address.into()),
            Some(Host::Domain(name)) => !name.is_empty(),
            None => false,
        };
        web && no_user && host
    }
}

/// Resolves names to addresses that may be connected to; the connection goes to one of these and no other.
/// A name that leads inside with any of its addresses is refused whole.
#[derive(Debug)]
struct GuardedResolver {
    targets: Targets,
}

/// The name leads to an address that is refused.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
struct Guarded;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = self.targets;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if targets == Targets::Public && !found.iter().all(|address| is_public(address.ip())) {
                return Err(Guarded.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn was_guarded(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<Guarded>() {
            return true;
        }
        source = inner.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A listener that counts connections and answers 204.
    async fn listener() -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut buffer = [0; 2048];
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
            }
        });
        (port, count)
    }

    #[tokio::test]
    async fn no_spelling_of_loopback_is_connected_to() {
        let (port, count) = listener().await;
        let outbound = Outbound::new(Targets::Public).unwrap();
        let spellings = [
            "127.0.0.1",
            "localhost",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0.0.0.0",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "LOCALHOST",
            "①②⑦.0.0.1",
            "user@127.0.0.1",
            "localhost.",
        ];
        for spelling in spellings {
            let Ok(url) = format!("http://{spelling}:{port}/").parse::<Url>() else { continue };
            // A system that does not know the name connects to nothing either.
            let refused = [Exchange::TargetRefused, Exchange::NotConnected];
            assert!(refused.contains(&outbound.get(&url, "id").await), "{spelling}");
            assert!(refused.contains(&outbound.post(&url, "id").await), "{spelling}");
        }
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_laptop_may_allow_loopback() {
        let (port, count) = listener().await;
        let outbound = Outbound::new(Targets::Any).unwrap();
        let url = format!("http://localhost:{port}/").parse().unwrap();
        assert_eq!(outbound.get(&url, "id").await, Exchange::Answered { status: 204, retry_after: None });
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_closed_port_is_no_answer() {
        let outbound = Outbound::new(Targets::Any).unwrap();
        let url = "http://127.0.0.1:9/".parse().unwrap();
        assert_eq!(outbound.get(&url, "id").await, Exchange::NotConnected);
    }
}
