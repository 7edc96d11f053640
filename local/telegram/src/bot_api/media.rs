//! `sendPhoto`, `sendVideo`, `sendAnimation`: by upload, by known `file_id`, or by link.

use super::call::Call;
use super::messages::{caption, send};
use super::parameters::{Upload, too_large};
use crate::error::{ApiError, ApiResult};
use crate::state::{Media, MediaKind, StoredFile};
use crate::world::World;

const MAX_PHOTO_BYTES: usize = 10 * 1024 * 1024;
const MAX_FILE_BYTES: usize = 50 * 1024 * 1024;
const MAX_FILES: usize = 100_000;
/// Uploads kept for the page to show; older ones stay sendable by their `file_id`.
const MAX_KEPT_BYTES: usize = 64 * 1024 * 1024;

pub fn send_photo(call: &mut Call<'_>) -> ApiResult {
    send_media(call, MediaKind::Photo)
}

pub fn send_video(call: &mut Call<'_>) -> ApiResult {
    send_media(call, MediaKind::Video)
}

pub fn send_animation(call: &mut Call<'_>) -> ApiResult {
    send_media(call, MediaKind::Animation)
}

fn send_media(call: &mut Call<'_>, kind: MediaKind) -> ApiResult {
    let chat = call.writable_chat()?;
    let caption = caption(call)?;
    let media = media(call, kind)?;
    send(call, chat, caption, Some(media))
}

fn media(call: &mut Call<'_>, kind: MediaKind) -> Result<Media, ApiError> {
    let parameters = call.parameters;
    if let Some(upload) = parameters.file(kind.as_str()) {
        check_size(kind, upload)?;
        let media = call.world.keep_file(call.bot, |file_id| Media {
            kind,
            file_id,
            file_name: upload.file_name.clone(),
            size_bytes: upload.bytes.len(),
            url: None,
        });
        call.world.keep_upload(&media.file_id, upload);
        return Ok(media);
    }
    let given = parameters.text(kind.as_str()).unwrap_or_default();
    if given.starts_with("http://") || given.starts_with("https://") {
        return by_link(call, kind, given);
    }
    let wrong = || ApiError::bad_request("wrong file identifier/HTTP URL specified");
    let known = call.world.state.files.get(given).filter(|file| file.bot == call.bot).ok_or_else(wrong)?;
    if known.media.kind != kind {
        let (own, wanted) = (known.media.kind.as_str(), kind.as_str());
        return Err(ApiError::bad_request(format!("can't use file of type {own} as {wanted}")));
    }
    Ok(known.media.clone())
}

/// The link is not fetched: nothing leaves this machine.
fn by_link(call: &mut Call<'_>, kind: MediaKind, link: &str) -> Result<Media, ApiError> {
    let is_usable = url::Url::parse(link).is_ok_and(|url| url.host_str().is_some());
    if !is_usable {
        return Err(ApiError::bad_request("failed to get HTTP URL content"));
    }
    let url = Some(link.to_owned());
    Ok(call.world.keep_file(call.bot, |file_id| Media { kind, file_id, file_name: None, size_bytes: 0, url }))
}

fn check_size(kind: MediaKind, upload: &Upload) -> Result<(), ApiError> {
    let size = upload.bytes.len();
    if size == 0 {
        return Err(ApiError::bad_request("file must be non-empty"));
    }
    if size > MAX_FILE_BYTES {
        return Err(too_large());
    }
    if kind == MediaKind::Photo && size > MAX_PHOTO_BYTES {
        return Err(ApiError::bad_request(format!(
            "file of size {size} bytes is too big for a photo; the maximum size is {MAX_PHOTO_BYTES} bytes"
        )));
    }
    Ok(())
}

impl World {
    fn keep_file(&mut self, bot: i64, describe: impl FnOnce(String) -> Media) -> Media {
        let media = describe(format!("AgAC{}", self.names.text(60)));
        if self.state.files.len() >= MAX_FILES {
            self.state.files.pop_first();
        }
        self.state.files.insert(media.file_id.clone(), StoredFile { bot, media: media.clone() });
        media
    }

    fn keep_upload(&mut self, file_id: &str, upload: &Upload) {
        self.uploads.insert(file_id.to_owned(), (upload.content_type.clone(), upload.bytes.clone()));
        self.upload_order.push_back(file_id.to_owned());
        let kept_bytes = |world: &Self| world.uploads.values().map(|(_, bytes)| bytes.len()).sum::<usize>();
        while kept_bytes(self) > MAX_KEPT_BYTES {
            let Some(oldest) = self.upload_order.pop_front() else { return };
            self.uploads.remove(&oldest);
        }
    }
}
