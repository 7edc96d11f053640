use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::{ObjectKey, Objects, unavailable};
use crate::error::{AppError, AppResult};

/// What an object is, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFacts {
    /// How long it is.
    pub size_bytes: u64,
    /// What tells these bytes from others under the same key.
    pub version: String,
}

impl Objects {
    /// What an object is; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn look(&self, key: &ObjectKey<'_>) -> AppResult<Option<ObjectFacts>> {
        let answer = self.client.head_object().bucket(&self.bucket).key(key.path()).send().await;
        let object = match answer {
            Ok(object) => object,
            Err(error) if has_status(&error, &[404]) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        let size_bytes = object.content_length.and_then(|length| u64::try_from(length).ok());
        let size_bytes = size_bytes.ok_or_else(|| AppError::unavailable("S3: an object without a length"))?;
        Ok(Some(ObjectFacts { size_bytes, version: object.e_tag.unwrap_or_default() }))
    }

    /// Reads `length` bytes of an object, fewer at its end; `None` if it is gone, or another one.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn read_range(
        &self,
        key: &ObjectKey<'_>,
        version: &str,
        from: u64,
        length: u64,
    ) -> AppResult<Option<Vec<u8>>> {
        let get = self.client.get_object().bucket(&self.bucket).key(key.path()).if_match(version);
        let range = format!("bytes={from}-{}", from + length.saturating_sub(1));
        let object = match get.range(range).send().await {
            Ok(object) => object,
            // There is none, it is not the one that is meant, or it has become shorter.
            Err(error) if has_status(&error, &[404, 412, 416]) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        if object.e_tag.as_deref() != Some(version) {
            return Ok(None);
        }
        let bytes = object.body.collect().await;
        let bytes =
            bytes.map_err(|error| AppError::unavailable(format!("S3: an object breaks off: {error}")))?;
        Ok(Some(bytes.to_vec()))
    }
}

fn has_status<E: ProvideErrorMetadata>(
    error: &SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
    statuses: &[u16],
) -> bool {
    error.raw_response().is_some_and(|response| statuses.contains(&response.status().as_u16()))
}
