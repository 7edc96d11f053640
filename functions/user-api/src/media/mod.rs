//! `/api/media/*.json`

pub mod presign;
pub mod upload;
