//! What every route of the User API does before its own work: read parameters, find the account.

use super::http::Request;
use super::params::Params;
use crate::app::App;
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::secret::{ApiKey, ApiKeyHash};

/// A call whose key was checked.
#[derive(Debug)]
pub struct Call {
    /// Who calls.
    pub account: AccountId,
    /// The hash of the key that opened it.
    pub key_hash: ApiKeyHash,
    /// With what.
    pub params: Params,
    /// The host that the request came to.
    pub host: String,
}

impl Call {
    /// Checks the key and reads the parameters.
    ///
    /// # Errors
    ///
    /// - [`AppError::Unauthorized`], [`AppError::Suspended`] by the key.
    /// - [`AppError::Parameter`] for a body that does not read.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn open(app: &App, request: &Request) -> AppResult<Self> {
        let (params, query_key) = match Params::read(request).await {
            Ok(read) => read,
            Err(error) => {
                // Without a key not even a malformed body is told of.
                app.authenticate(bearer_key(request)).await?;
                return Err(error);
            }
        };
        let account = app.authenticate(bearer_key(request).or(query_key)).await?;
        let host = request.uri().host().unwrap_or_default().to_owned();
        Ok(Self { account: account.id, key_hash: account.key_hash, params, host })
    }
}

/// The answer to a path or a method that no route has.
///
/// # Errors
///
/// Always [`AppError::UnknownRoute`].
pub fn unknown_route() -> AppResult<Option<()>> {
    Err(AppError::UnknownRoute)
}

/// The key in `Authorization: Bearer <key>`; the scheme may be in any letter case.
pub(super) fn bearer_key(request: &Request) -> Option<ApiKey> {
    let header = request.headers().get("authorization")?.to_str().ok()?;
    let (scheme, key) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| ApiKey::parse(key.trim())).flatten()
}
