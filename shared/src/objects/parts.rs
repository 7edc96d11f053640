use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{ObjectKey, Objects, unavailable};
use crate::error::{AppError, AppResult};

/// S3 takes no smaller part but the last.
pub const PART_BYTES: usize = 5 * 1024 * 1024;

/// How long a link may be used.
const LINK_TIME: Duration = Duration::from_secs(15 * 60);

/// An object that is written in parts, and is there when it is complete. One that is given up is forgotten by the
/// bucket's lifecycle after a day.
#[derive(Debug)]
pub struct PartedObject<'a> {
    objects: &'a Objects,
    path: String,
    upload_id: String,
    parts: Vec<CompletedPart>,
}

impl Objects {
    /// Begins an object.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn begin(&self, key: &ObjectKey<'_>, content_type: &str) -> AppResult<PartedObject<'_>> {
        let path = key.path();
        let begin = self.client.create_multipart_upload().bucket(&self.bucket).key(&path);
        let begun = begin.content_type(content_type).send().await.map_err(unavailable)?;
        let upload_id =
            begun.upload_id.ok_or_else(|| AppError::unavailable("S3: an upload without an id"))?;
        Ok(PartedObject { objects: self, path, upload_id, parts: Vec::new() })
    }

    /// A link under which anybody may read an object for a quarter of an hour, to be saved under `file_name`. Signing
    /// asks nobody; the link can do what this function may do.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] if it cannot be signed; a fault of this crate.
    pub async fn link(&self, key: &ObjectKey<'_>, file_name: &str) -> AppResult<String> {
        let lifetime = PresigningConfig::expires_in(LINK_TIME)
            .map_err(|error| AppError::unavailable(format!("S3: {error}")))?;
        let read = self.client.get_object().bucket(&self.bucket).key(key.path());
        let read = read.response_content_disposition(format!("attachment; filename=\"{file_name}\""));
        let signed = read.presigned(lifetime).await.map_err(unavailable)?;
        Ok(signed.uri().to_owned())
    }
}

impl PartedObject<'_> {
    /// Writes the next part, of [`PART_BYTES`] at least but for the last.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry from the object's beginning.
    pub async fn write(&mut self, bytes: Vec<u8>) -> AppResult<()> {
        let number = i32::try_from(self.parts.len()).unwrap_or(i32::MAX).saturating_add(1);
        let write = self.objects.client.upload_part().bucket(&self.objects.bucket).key(&self.path);
        let write = write.upload_id(&self.upload_id).part_number(number).body(ByteStream::from(bytes));
        let written = write.send().await.map_err(unavailable)?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(written.e_tag);
        self.parts.push(part.build());
        Ok(())
    }

    /// Puts the parts together: the object is there.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry from the object's beginning.
    pub async fn complete(self) -> AppResult<()> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts)).build();
        let complete = self.objects.client.complete_multipart_upload().bucket(&self.objects.bucket);
        let complete = complete.key(&self.path).upload_id(&self.upload_id).multipart_upload(parts);
        complete.send().await.map_err(unavailable)?;
        Ok(())
    }
}
