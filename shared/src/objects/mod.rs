//! S3: the one private bucket. Every object's key is a variant of [`ObjectKey`].

mod key;
mod parts;
mod post_form;
mod ranges;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;

pub use key::ObjectKey;
pub use parts::{PART_BYTES, PartedObject};
pub use post_form::PostForm;
pub use ranges::ObjectFacts;

use crate::config::AwsConfig;
use crate::error::{AppError, AppResult};

/// The bucket.
#[derive(Clone, Debug)]
pub struct Objects {
    client: Client,
    bucket: String,
    aws: AwsConfig,
}

/// What came of fetching an object.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// There is none.
    Absent,
    /// It has more bytes than were asked for.
    TooLong,
    /// All of it.
    Whole {
        /// Its bytes.
        bytes: Vec<u8>,
        /// What tells these bytes from others under the same key, for [`Objects::copy`].
        version: String,
    },
}

impl Objects {
    /// Uses `bucket` through `client`; `aws` signs what clients may do themselves.
    #[must_use]
    pub fn new(client: Client, bucket: String, aws: AwsConfig) -> Self {
        Self { client, bucket, aws }
    }

    /// Writes an object whatever was there.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn put(&self, key: &ObjectKey<'_>, content_type: &str, bytes: Vec<u8>) -> AppResult<()> {
        let put = self.client.put_object().bucket(&self.bucket).key(key.path()).content_type(content_type);
        put.body(ByteStream::from(bytes)).send().await.map_err(unavailable)?;
        Ok(())
    }

    /// Reads an object of at most so many bytes.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn fetch(&self, key: &ObjectKey<'_>, limit_bytes: u64) -> AppResult<Fetched> {
        let answer = self.client.get_object().bucket(&self.bucket).key(key.path()).send().await;
        let mut object = match answer {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => {
                return Ok(Fetched::Absent);
            }
            Err(error) => return Err(unavailable(error)),
        };
        let length =
            object.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(u64::MAX);
        if length > limit_bytes {
            return Ok(Fetched::TooLong);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        while let Some(chunk) = object.body.next().await {
            let chunk =
                chunk.map_err(|error| AppError::unavailable(format!("S3: an object breaks off: {error}")))?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched::Whole { bytes, version: object.e_tag.unwrap_or_default() })
    }

    /// Copies an object if it is still the one that was fetched; `false` if it is not. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn copy(&self, from: &ObjectKey<'_>, version: &str, to: &ObjectKey<'_>) -> AppResult<bool> {
        let copy = self
            .client
            .copy_object()
            .copy_source(format!("{}/{}", self.bucket, from.path()))
            .copy_source_if_match(version)
            .bucket(&self.bucket)
            .key(to.path());
        match copy.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Removes an object; one that is not there is gone as well.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn delete(&self, key: &ObjectKey<'_>) -> AppResult<()> {
        self.client.delete_object().bucket(&self.bucket).key(key.path()).send().await.map_err(unavailable)?;
        Ok(())
    }

    /// A form with which a browser may write one object of at most so many bytes, for a quarter of an hour. Signing
    /// asks nobody; the form can do what this function may do.
    #[must_use]
    pub fn post_form(&self, key: &ObjectKey<'_>, content_type: &str, limit_bytes: u64, now: i64) -> PostForm {
        PostForm::sign(&self.aws, &self.bucket, &key.path(), content_type, limit_bytes, now)
    }
}

/// An outage, told to the log by code and message alone.
fn unavailable<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> AppError {
    let metadata = error.meta();
    let (code, message) = (metadata.code().unwrap_or("no answer"), metadata.message().unwrap_or_default());
    AppError::unavailable(format!("S3: {code} {message}"))
}
