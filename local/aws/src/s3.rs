//! S3 with its objects as files below the data directory.

use std::path::Path;

use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::StartError;
use crate::serve::serve;
use crate::stop::Stop;

/// Serves the buckets; requests must be signed with the given key.
///
/// # Errors
///
/// [`StartError::File`] if a bucket's directory cannot be made, [`StartError::Storage`] for anything else.
pub fn start<'a>(
    tasks: &mut JoinSet<()>,
    listener: TcpListener,
    directory: &Path,
    buckets: impl Iterator<Item = &'a String>,
    (access_key, secret_key): (&str, &str),
    stop: Stop,
) -> Result<(), StartError> {
    let make = |path: &Path| {
        std::fs::create_dir_all(path).map_err(|source| StartError::File { path: path.to_owned(), source })
    };
    make(directory)?;
    for bucket in buckets {
        make(&directory.join(bucket))?;
    }
    let files =
        s3s_fs::FileSystem::new(directory).map_err(|error| StartError::Storage(format!("{error:?}")))?;
    let mut service = S3ServiceBuilder::new(files);
    service.set_auth(SimpleAuth::from_single(access_key, secret_key));
    let service = service.build();
    tasks.spawn(serve(listener, move |_| service.clone(), stop));
    Ok(())
}
