use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether an address may be connected to.
pub type AddressRule = fn(IpAddr) -> bool;

/// What finds the addresses of a name.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Resolves names to addresses that may be connected to; the connection goes to one of these and no other, so that a
/// name that changes between two lookups changes nothing between the check and the connection.
/// A name that leads inside with any of its addresses is refused whole.
pub struct GuardedResolver {
    pub lookup: Lookup,
    pub allowed: AddressRule,
}

/// The name leads to an address that is refused.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
pub struct Guarded;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, allowed) = ((self.lookup)(name.as_str().to_owned()), self.allowed);
        Box::pin(async move {
            let found = lookup.await?;
            if !found.iter().all(|address| allowed(address.ip())) {
                return Err(Guarded.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Asks the system.
pub fn system_lookup() -> Lookup {
    Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }))
}

/// Whether a request failed because its name was refused.
pub fn was_guarded(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<Guarded>() {
            return true;
        }
        source = inner.source();
    }
    false
}
