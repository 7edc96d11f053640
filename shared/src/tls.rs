//! TLS with compiled-in roots: loading a system's certificate store costs most of a cold start.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// A client configuration that trusts the public web's certificate authorities.
///
/// # Errors
///
/// [`rustls::Error`] if the crypto library supports no protocol version; a build fault, not an input.
pub fn public_web() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// An HTTP client on these roots that follows no redirect and asks no proxy. Set time-outs before building it.
pub fn http_client() -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("Gatepost/", env!("CARGO_PKG_VERSION")));
    match public_web() {
        Ok(tls) => builder.tls_backend_preconfigured(tls),
        Err(_) => builder,
    }
}
