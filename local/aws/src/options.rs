//! What a cloud is built from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::Router;
use tokio::net::TcpListener;

use crate::lambda::{Environment, Functions};
use crate::template::Template;

/// What a cloud is built from.
pub struct CloudOptions {
    /// The description of everything.
    pub template: Template,
    /// Where the HTTP API and the extra routes are served.
    pub listener: TcpListener,
    /// The longest body that the HTTP API takes, in bytes. API Gateway takes 10 MiB; with more, a function can answer
    /// what would not reach it on AWS.
    pub body_limit_bytes: usize,
    /// Where data is kept; made if missing.
    pub data: PathBuf,
    /// Keeps items, messages and checkpoints in memory only; objects are files all the same.
    pub ephemeral: bool,
    /// Values of template parameters, over their defaults.
    pub parameters: BTreeMap<String, String>,
    /// Added to every function's environment, over what the template and this crate put there.
    pub environment: Environment,
    /// Where the functions are.
    pub functions: Functions,
    /// Served before the HTTP API gets to see a request.
    pub extra_routes: Router,
}
