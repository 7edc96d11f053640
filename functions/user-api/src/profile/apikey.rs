//! `POST /api/profile/apikey.json`

use serde::Serialize;
use shared::edge::user_api::Call;
use shared::{App, AppResult};

/// Gives the account a new key; the old one stops at once.
///
/// # Errors
///
/// As [`App::replace_key`].
pub async fn apikey(app: &App, call: &Call, (): ()) -> AppResult<Option<NewKey>> {
    let key = app.replace_key(call.account, &call.key_hash).await?;
    Ok(Some(NewKey { key: key.reveal() }))
}

/// What the call answers, this once.
#[derive(Serialize)]
pub struct NewKey {
    key: String,
}
