//! `POST /api/media/presign.json`

use serde::Serialize;
use shared::domain::media::{MediaFormat, MediaRef};
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::objects::PostForm;
use shared::{App, AppError, AppResult};

/// The longest name of a file, in characters.
const NAME_CHARACTERS: usize = 255;

/// Gives a form with which a client uploads a file by itself.
///
/// # Errors
///
/// As [`App::presign_media`].
pub async fn presign(app: &App, call: &Call, params: PresignParams) -> AppResult<Option<PresignReply>> {
    let awaited = app.presign_media(call.account, params.format, params.size_bytes).await?;
    Ok(Some(PresignReply { media: awaited.reference, form: awaited.form }))
}

/// What the call takes. The name is for the client's own log: a file is judged by its content.
pub struct PresignParams {
    format: MediaFormat,
    size_bytes: u64,
}

impl FromParams for PresignParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        let name: String = params.required("name")?;
        if name.is_empty() || name.chars().count() > NAME_CHARACTERS {
            return Err(AppError::parameter("name", "must have 1 to 255 characters"));
        }
        let size_bytes = params.required("size")?;
        if size_bytes == 0 {
            return Err(AppError::parameter("size", "must be a number of bytes, 1 or more"));
        }
        let content_type: String = params.required("type")?;
        Ok(Self { format: MediaFormat::of_content_type(&content_type)?, size_bytes })
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct PresignReply {
    media: MediaRef,
    #[serde(flatten)]
    form: PostForm,
}
