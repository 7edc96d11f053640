//! Which requests API Gateway lets through to a function.

use axum::http::Uri;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use url::Url;

/// Whether the host, the path and the query make a URI. The crate `lambda_http` builds one from the event and panics
/// if it cannot; the real API Gateway never lets it come to that.
pub fn is_sound(parts: &Parts) -> bool {
    uri(parts).is_some()
}

/// By the steps of `lambda_http`: a URL of host and path, then the query as it came.
fn uri(parts: &Parts) -> Option<Uri> {
    let authority = authority(parts)?;
    let path = parts.uri.path();
    if !path.starts_with('/') {
        return None;
    }
    let mut uri = Url::parse(&format!("http://{authority}{path}")).ok()?.to_string();
    if let Some(query) = parts.uri.query() {
        uri.push('?');
        uri.push_str(query);
    }
    uri.parse().ok()
}

/// The one `Host`, without user or password.
fn authority(parts: &Parts) -> Option<Authority> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let authority: Authority = host.to_str().ok()?.parse().ok()?;
    (!authority.as_str().contains('@')).then_some(authority)
}
