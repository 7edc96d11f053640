//! S3 with its objects as files below the data directory.

use std::path::Path;

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::StartError;
use crate::serve::serve;
use crate::stop::Stop;

/// How much of a form is handed on at a time, in bytes.
const STEP_BYTES: usize = 16 * 1024;

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
    let answer = move |_| {
        let service = service.clone();
        service_fn(move |request| {
            let service = service.clone();
            async move { service.call(readable(request)).await }
        })
    };
    tasks.spawn(serve(listener, answer, stop));
    Ok(())
}

/// The request as `s3s` reads it. Its reader of forms gives up where a step of the body ends in what may begin a
/// boundary and the next one has more than 64 KiB; a film that arrives in larger steps always has such a place.
fn readable(request: Request<Incoming>) -> Request<s3s::Body> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        request.map(|body| s3s::Body::http_body_unsync(Body::from_stream(in_steps(body))))
    } else {
        request.map(s3s::Body::from)
    }
}

fn in_steps(body: Incoming) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send {
    Body::new(body).into_data_stream().map_ok(split).try_flatten()
}

fn split(bytes: Bytes) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send {
    let starts = (0..bytes.len()).step_by(STEP_BYTES);
    stream::iter(starts).map(move |start| Ok(bytes.slice(start..bytes.len().min(start + STEP_BYTES))))
}
