//! The functions and how they are called.

mod pool;
mod runtime_api;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::StartError;
use crate::clock;
use crate::stop::Stop;
use crate::template::FunctionSpec;
use pool::Pool;

pub use runtime_api::router;

/// An event and what a function needs to know of its invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// A UUID, new for every invocation.
    pub request_id: String,
    /// When the function is cut off, in Unix milliseconds.
    pub deadline_ms: u64,
    /// What happened.
    pub event: Value,
}

/// Why a function has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct FunctionError {
    /// `errorType` of the Runtime API, or one of Lambda's own kinds.
    #[serde(rename = "errorType")]
    pub kind: String,
    /// `errorMessage` of the Runtime API.
    #[serde(rename = "errorMessage")]
    pub message: String,
}

/// What a handler gives back.
pub type Answer = BoxFuture<'static, Result<Value, FunctionError>>;
/// A function within this process.
pub type Handler = Arc<dyn Fn(Invocation) -> Answer + Send + Sync>;
/// Names and values.
pub type Environment = BTreeMap<String, String>;
/// Finds a handler by its binary's name.
pub type FindHandler = Box<dyn Fn(&str, &Environment) -> Option<Handler> + Send + Sync>;

/// Where the functions are.
pub enum Functions {
    /// In this process: asked once per function at the start, with its binary's name and its environment.
    InProcess(FindHandler),
    /// Executables `<directory>/<binary>`, spawned at the first request.
    Binaries(PathBuf),
}

impl FunctionError {
    /// An error of `kind`.
    #[must_use]
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into() }
    }

    /// Whether the function was cut off.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind == TIMEOUT
    }
}

const TIMEOUT: &str = "Sandbox.Timedout";

/// All functions of a stack.
pub struct Lambda {
    functions: BTreeMap<String, Arc<Function>>,
    load: Arc<Load>,
    kill: Stop,
}

/// One function.
struct Function {
    spec: FunctionSpec,
    environment: Environment,
    permits: Option<Semaphore>,
    code: Code,
}

enum Code {
    Handler(Handler),
    Pool(Arc<Pool>),
}

/// How many invocations run, and how many ever began.
#[derive(Debug, Default)]
struct Load {
    running: AtomicUsize,
    begun: AtomicU64,
}

/// One running invocation.
struct Running(Arc<Load>);

impl Lambda {
    /// Prepares every function; nothing is spawned yet.
    ///
    /// # Errors
    ///
    /// [`StartError::UnknownBinary`] for a function without code.
    pub fn new(
        specs: &[FunctionSpec],
        functions: &Functions,
        environment: impl Fn(&FunctionSpec) -> Environment,
        runtime_api: SocketAddr,
        kill: Stop,
    ) -> Result<Self, StartError> {
        let mut all = BTreeMap::new();
        for spec in specs {
            let environment = environment(spec);
            let code = match functions {
                Functions::InProcess(find) => find(&spec.binary, &environment).map(Code::Handler),
                Functions::Binaries(directory) => Pool::new(spec, &environment, directory, runtime_api)
                    .map(|pool| Code::Pool(Arc::new(pool))),
            };
            let code = code.ok_or_else(|| StartError::UnknownBinary {
                function: spec.logical_id.clone(),
                binary: spec.binary.clone(),
            })?;
            let permits = spec.concurrency.map(|limit| Semaphore::new(limit as usize));
            let function = Function { spec: spec.clone(), environment, permits, code };
            all.insert(spec.binary.clone(), Arc::new(function));
        }
        Ok(Self { functions: all, load: Arc::default(), kill })
    }

    /// Calls a function. The invocation runs on when the caller goes away.
    ///
    /// # Errors
    ///
    /// What the function reports, its cut-off, or that it is unknown.
    pub async fn invoke(&self, binary: &str, event: Value) -> Result<Value, FunctionError> {
        let Some(function) = self.functions.get(binary).map(Arc::clone) else {
            return Err(FunctionError::new("ResourceNotFoundException", format!("no function {binary}")));
        };
        let running = Running::begin(&self.load);
        let kill = self.kill.clone();
        let invocation = tokio::spawn(async move {
            let _running = running;
            let answer = tokio::select! {
                answer = function.run(event) => answer,
                () = kill.requested() => Err(FunctionError::new("Runtime.ExitError", "the system stops")),
            };
            if let Err(error) = &answer {
                tracing::warn!(function.binary = %function.spec.binary, %error, "invocation failed");
            }
            answer
        });
        invocation
            .await
            .unwrap_or_else(|error| Err(FunctionError::new("Runtime.ExitError", error.to_string())))
    }

    /// The environment of a function.
    pub fn environment(&self, binary: &str) -> Option<&Environment> {
        self.functions.get(binary).map(|function| &function.environment)
    }

    /// How many invocations run now.
    pub fn running(&self) -> usize {
        self.load.running.load(Ordering::SeqCst)
    }

    /// How many invocations ever began.
    pub fn begun(&self) -> u64 {
        self.load.begun.load(Ordering::SeqCst)
    }

    /// The pool of a function that runs as processes.
    fn pool(&self, binary: &str) -> Option<&Arc<Pool>> {
        match &self.functions.get(binary)?.code {
            Code::Pool(pool) => Some(pool),
            Code::Handler(_) => None,
        }
    }

    /// How many processes there are.
    pub fn processes(&self) -> usize {
        let pools = self.functions.values().filter_map(|function| match &function.code {
            Code::Pool(pool) => Some(pool.instances()),
            Code::Handler(_) => None,
        });
        pools.sum()
    }

    /// Ends every process; twice is the same as once.
    pub fn end_processes(&self) {
        for function in self.functions.values() {
            if let Code::Pool(pool) = &function.code {
                pool.end();
            }
        }
    }
}

impl Function {
    async fn run(&self, event: Value) -> Result<Value, FunctionError> {
        let _permit = match &self.permits {
            Some(permits) => permits.acquire().await.ok(),
            None => None,
        };
        let request_id = uuid::Uuid::new_v4().to_string();
        match &self.code {
            Code::Pool(pool) => pool.run(request_id, event).await,
            Code::Handler(handler) => self.call(handler, request_id, event).await,
        }
    }

    async fn call(
        &self,
        handler: &Handler,
        request_id: String,
        event: Value,
    ) -> Result<Value, FunctionError> {
        let deadline_ms = deadline_ms(&self.spec);
        let handler = Arc::clone(handler);
        // A task of its own, so that a panic stays within the invocation; dropping the set aborts it.
        let mut task = JoinSet::new();
        task.spawn(async move { handler(Invocation { request_id, deadline_ms, event }).await });
        match tokio::time::timeout(self.spec.timeout, task.join_next()).await {
            Ok(Some(Ok(answer))) => answer,
            Ok(_) => Err(FunctionError::new("Runtime.ExitError", "the handler panicked")),
            Err(_) => Err(timed_out(&self.spec)),
        }
    }
}

impl Running {
    fn begin(load: &Arc<Load>) -> Self {
        load.begun.fetch_add(1, Ordering::SeqCst);
        load.running.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(load))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn deadline_ms(spec: &FunctionSpec) -> u64 {
    clock::now_ms() + u64::try_from(spec.timeout.as_millis()).unwrap_or(u64::MAX / 2)
}

fn timed_out(spec: &FunctionSpec) -> FunctionError {
    let seconds = spec.timeout.as_secs_f64();
    FunctionError::new(TIMEOUT, format!("Task timed out after {seconds:.2} seconds"))
}
