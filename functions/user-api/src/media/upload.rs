//! `POST /api/media/upload.json`

use serde::Serialize;
use shared::domain::media::MediaRef;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::{App, AppResult};

/// Keeps a file for welcomes.
///
/// # Errors
///
/// As [`App::upload_media`].
pub async fn upload(app: &App, call: &Call, params: UploadParams) -> AppResult<Option<UploadReply>> {
    let media = app.upload_media(call.account, params.file).await?;
    Ok(Some(UploadReply { media }))
}

/// What the call takes: the field `file` of a multipart form, whatever it says of its name and type.
pub struct UploadParams {
    file: Vec<u8>,
}

impl FromParams for UploadParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { file: params.file()?.to_vec() })
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct UploadReply {
    media: MediaRef,
}
