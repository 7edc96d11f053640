//! A function as processes: spawned at need, at most [`MAXIMUM_INSTANCES`] at once, each with one invocation.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, oneshot};

use super::{Environment, FunctionError, Invocation, deadline_ms, timed_out};
use crate::stop::{Stop, StopSender};
use crate::template::FunctionSpec;

const MAXIMUM_INSTANCES: usize = 4;
/// How long an invocation waits for an instance to take it up; a cold debug binary takes a while.
const PICK_UP_LIMIT: Duration = Duration::from_secs(60);

type Reply = Result<Value, FunctionError>;

/// A function as processes.
pub struct Pool {
    spec: FunctionSpec,
    executable: PathBuf,
    environment: Environment,
    runtime_api: SocketAddr,
    state: Mutex<State>,
    /// Rung when an invocation is queued.
    queued: Notify,
    end: StopSender,
    ended: Stop,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Queued>,
    instances: BTreeMap<u64, Instance>,
    last_instance: u64,
}

struct Queued {
    request_id: String,
    event: Value,
    picked_up: oneshot::Sender<u64>,
    reply: oneshot::Sender<Reply>,
}

/// A process, from its spawning to its exit.
struct Instance {
    /// Whether it has come to ask for an invocation.
    is_ready: bool,
    current: Option<(String, oneshot::Sender<Reply>)>,
    kill: Arc<Notify>,
}

impl Pool {
    /// `None` if there is no executable.
    pub fn new(
        spec: &FunctionSpec,
        environment: &Environment,
        directory: &Path,
        runtime_api: SocketAddr,
    ) -> Option<Self> {
        let executable = directory.join(&spec.binary);
        let (end, ended) = StopSender::channel();
        executable.is_file().then(|| Self {
            spec: spec.clone(),
            executable,
            environment: environment.clone(),
            runtime_api,
            state: Mutex::default(),
            queued: Notify::new(),
            end,
            ended,
        })
    }

    /// Queues an invocation and waits for its reply; past the function's timeout its process is killed.
    pub async fn run(self: &Arc<Self>, request_id: String, event: Value) -> Reply {
        let (picked_up, is_picked_up) = oneshot::channel();
        let (reply, replied) = oneshot::channel();
        let queued = Queued { request_id, event, picked_up, reply };
        self.state().queue.push_back(queued);
        self.queued.notify_one();
        self.spawn_if_short();
        let mut replied = replied;
        let instance = tokio::select! {
            biased;
            reply = &mut replied => return reply.unwrap_or_else(|_| Err(lost())),
            picked = tokio::time::timeout(PICK_UP_LIMIT, is_picked_up) => match picked {
                Ok(Ok(instance)) => instance,
                Ok(Err(_)) => return replied.await.unwrap_or_else(|_| Err(lost())),
                Err(_) => return Err(FunctionError::new("Runtime.InitError", "no instance became ready")),
            },
        };
        match tokio::time::timeout(self.spec.timeout, replied).await {
            Ok(reply) => reply.unwrap_or_else(|_| Err(lost())),
            Err(_) => {
                self.kill(instance);
                Err(timed_out(&self.spec))
            }
        }
    }

    /// The next invocation for an instance, waiting for one if need be.
    pub async fn next(&self, instance: u64) -> Invocation {
        if let Some(instance) = self.state().instances.get_mut(&instance) {
            instance.is_ready = true;
        }
        loop {
            let queued = self.queued.notified();
            if let Some(invocation) = self.pick_up(instance) {
                // Whoever waits may have been woken for an invocation that this instance took.
                self.queued.notify_one();
                return invocation;
            }
            queued.await;
        }
    }

    /// Hands a reply to whoever waits for it; false if nobody does.
    pub fn complete(&self, instance: u64, request_id: &str, reply: Reply) -> bool {
        let mut state = self.state();
        let Some(instance) = state.instances.get_mut(&instance) else { return false };
        match instance.current.take_if(|(current, _)| current == request_id) {
            Some((_, waiting)) => waiting.send(reply).is_ok(),
            None => false,
        }
    }

    /// Fails the oldest queued invocation: an instance could not start.
    pub fn fail_initialization(&self, error: FunctionError) {
        let oldest = self.state().queue.pop_front();
        if let Some(queued) = oldest {
            // The caller may have given up; then there is nobody to tell.
            let _ = queued.reply.send(Err(error));
        }
    }

    /// The function's name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// How many processes there are.
    pub fn instances(&self) -> usize {
        self.state().instances.len()
    }

    /// Ends every process; twice is the same as once.
    pub fn end(&self) {
        self.end.request();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pick_up(&self, instance: u64) -> Option<Invocation> {
        let mut state = self.state();
        state.queue.retain(|queued| !queued.reply.is_closed());
        if !state.instances.contains_key(&instance) {
            return None;
        }
        let queued = state.queue.pop_front()?;
        // The caller waits for `reply` anyhow; this only starts its clock.
        let _ = queued.picked_up.send(instance);
        let instance = state.instances.get_mut(&instance)?;
        instance.current = Some((queued.request_id.clone(), queued.reply));
        Some(Invocation {
            request_id: queued.request_id,
            deadline_ms: deadline_ms(&self.spec),
            event: queued.event,
        })
    }

    fn kill(&self, instance: u64) {
        if let Some(instance) = self.state().instances.get(&instance) {
            instance.kill.notify_one();
        }
    }

    /// Spawns a process if more invocations wait than processes are free.
    fn spawn_if_short(self: &Arc<Self>) {
        if self.ended.is_requested() {
            return;
        }
        let mut state = self.state();
        let free = state.instances.values().filter(|instance| instance.current.is_none()).count();
        if state.queue.len() <= free || state.instances.len() >= MAXIMUM_INSTANCES {
            return;
        }
        state.last_instance += 1;
        let id = state.last_instance;
        match self.command(id).spawn() {
            Ok(child) => {
                let kill = Arc::new(Notify::new());
                state
                    .instances
                    .insert(id, Instance { is_ready: false, current: None, kill: Arc::clone(&kill) });
                drop(state);
                tokio::spawn(Arc::clone(self).watch(id, child, kill));
            }
            Err(error) => {
                drop(state);
                self.fail_initialization(FunctionError::new("Runtime.InvalidEntrypoint", error.to_string()));
            }
        }
    }

    /// Waits for a process to end, fails what it had in hand, and spawns another if invocations wait.
    async fn watch(self: Arc<Self>, id: u64, mut child: Child, kill: Arc<Notify>) {
        let status = tokio::select! {
            status = child.wait() => status.map_or_else(|error| error.to_string(), |status| status.to_string()),
            () = kill.notified() => end(&mut child, "killed").await,
            () = self.ended.requested() => end(&mut child, "stopped").await,
        };
        let instance = self.state().instances.remove(&id);
        let error = FunctionError::new("Runtime.ExitError", format!("the process ended: {status}"));
        match instance {
            Some(Instance { current: Some((_, waiting)), .. }) => {
                // A killed process timed out, and its caller has heard so.
                let _ = waiting.send(Err(error));
            }
            Some(Instance { is_ready: true, .. }) => {}
            _ => self.fail_initialization(error),
        }
        self.spawn_if_short();
    }

    fn command(&self, id: u64) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(&self.environment)
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://{}/{}/{id}", self.runtime_api, self.spec.binary))
            .env("AWS_LAMBDA_FUNCTION_NAME", &self.spec.name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.spec.memory_mb.to_string())
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", self.spec.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/{id}"))
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        command
    }
}

async fn end(child: &mut Child, how: &str) -> String {
    match child.kill().await {
        Ok(()) => how.to_owned(),
        Err(error) => error.to_string(),
    }
}

fn lost() -> FunctionError {
    FunctionError::new("Runtime.ExitError", "the process ended without a reply")
}
