//! `AWS::S3::Bucket`

use super::TemplateError;
use super::properties::Properties;

/// Refuses what would change how objects behave; access and encryption have no effect on one machine.
///
/// # Errors
///
/// [`TemplateError::Unsupported`]
pub fn check(properties: &Properties<'_>) -> Result<(), TemplateError> {
    properties.only(
        &["BucketName"],
        &[
            "AccessControl",
            "BucketEncryption",
            "CorsConfiguration",
            "LifecycleConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "Tags",
        ],
    )
}
