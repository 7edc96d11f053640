//! Serves HTTP on a listener, with an end that leaves nothing behind.

use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;

use axum::Router;
use axum::extract::connect_info::MockConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::stop::Stop;

/// Serves until the stop, then lets the requests that run finish. Dropping it ends every connection at once.
pub async fn serve<S, B>(listener: TcpListener, service: impl Fn(SocketAddr) -> S, stop: Stop)
where
    S: hyper::service::Service<hyper::Request<hyper::body::Incoming>, Response = hyper::Response<B>>
        + Send
        + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, service(peer), stop.clone()));
                }
                Err(error) => tracing::warn!(%error, "cannot accept a connection"),
            },
            Some(_) = connections.join_next() => {}
            () = stop.requested() => break,
        }
    }
    while connections.join_next().await.is_some() {}
}

/// Serves a router, which may ask for `ConnectInfo<SocketAddr>`.
pub async fn serve_router(listener: TcpListener, router: Router, stop: Stop) {
    let service = |peer| TowerToHyperService::new(router.clone().layer(MockConnectInfo::<SocketAddr>(peer)));
    serve(listener, service, stop).await;
}

async fn connection<S, B>(stream: TcpStream, service: S, stop: Stop)
where
    S: hyper::service::Service<hyper::Request<hyper::body::Incoming>, Response = hyper::Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // A lost hint costs latency, nothing else.
    let _ = stream.set_nodelay(true);
    let builder = Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, "connection ended");
    }
}
