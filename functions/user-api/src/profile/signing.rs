//! `POST /api/profile/signing.json`

use serde::Serialize;
use shared::app::SigningChange;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::secret::SigningSecret;
use shared::{App, AppError, AppResult};

/// Creates, rotates or removes what the account's postbacks are signed with.
///
/// # Errors
///
/// As [`App::change_signing`].
pub async fn signing(app: &App, call: &Call, params: SigningParams) -> AppResult<Option<NewSecret>> {
    let secret = app.change_signing(call.account, params.0).await?;
    Ok(secret.map(|secret| NewSecret { secret: secret.reveal() }))
}

/// What the call takes: what to do, and the secret if it is not to be a fresh one.
pub struct SigningParams(SigningChange);

impl FromParams for SigningParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        let action: String = params.required("action")?;
        let given = params.optional::<String>("secret")?.map(|text| {
            let reason = "must be whsec_ and 24 to 64 bytes in base64";
            SigningSecret::parse(&text).ok_or_else(|| AppError::parameter("secret", reason))
        });
        let given = given.transpose()?;
        match action.as_str() {
            "create" => Ok(Self(SigningChange::Create(given))),
            "rotate" => Ok(Self(SigningChange::Rotate(given))),
            "remove" => Ok(Self(SigningChange::Remove)),
            _ => Err(AppError::parameter("action", "must be create, rotate or remove")),
        }
    }
}

/// What the call answers, this once.
#[derive(Serialize)]
pub struct NewSecret {
    secret: String,
}
