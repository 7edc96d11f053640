//! The order in which a cloud comes up: data, services, functions, and last what calls them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Cloud;
use super::ports::Ports;
use crate::dynamodb::DynamoDb;
use crate::lambda::{self, Environment, Functions, Lambda};
use crate::serve::serve_router;
use crate::sqs::Sqs;
use crate::stop::{Stop, StopSender};
use crate::template::Stack;
use crate::triggers::checkpoint::Progress;
use crate::triggers::queue::QueueWorker;
use crate::triggers::schedule;
use crate::triggers::stream::{Cursor, StreamWorker};
use crate::triggers::stream_batch::Delivery;
use crate::{CloudOptions, StartError, http_api};

/// A crash costs at most so much of what was queued by others than a stream's function.
const QUEUES_PERIOD: Duration = Duration::from_secs(1);

/// Everything that is called, and nothing that calls yet.
struct Base {
    stack: Stack,
    aws_environment: Environment,
    dynamodb: DynamoDb,
    sqs: Arc<Sqs>,
    lambda: Arc<Lambda>,
    cursors: Vec<Arc<Cursor>>,
}

/// Builds what the template describes and serves it.
pub async fn start(options: CloudOptions) -> Result<Cloud, StartError> {
    make_directory(&options.data)?;
    let address = options.listener.local_addr().map_err(StartError::Listen)?;
    let ports = Ports::bind().await?;
    let (callers_stop, callers_stopped) = StopSender::channel();
    let (servers_stop, servers_stopped) = StopSender::channel();
    let (kill, killed) = StopSender::channel();
    let base = Base::open(&options, &ports, killed)?;

    let mut servers = JoinSet::new();
    let has_processes = matches!(options.functions, Functions::Binaries(_));
    let runtime_api = has_processes.then(|| lambda::router(Arc::clone(&base.lambda)));
    base.dynamodb.expire_each_minute(&mut servers, servers_stopped.clone());
    servers.spawn(save_queues(Arc::clone(&base.sqs), servers_stopped.clone()));
    let buckets = base.stack.buckets.values();
    let objects = options.data.join("s3");
    ports.serve(
        &mut servers,
        &base.dynamodb,
        &base.sqs,
        (&objects, buckets),
        runtime_api,
        &servers_stopped,
    )?;

    let mut callers = JoinSet::new();
    let api = http_api::router(
        &base.stack.functions,
        Arc::clone(&base.lambda),
        address.port(),
        options.body_limit_bytes,
        options.extra_routes,
    );
    callers.spawn(serve_router(options.listener, api, callers_stopped.clone()));
    base.start_triggers(&mut callers, &callers_stopped);
    let Base { stack, aws_environment, dynamodb, sqs, lambda, cursors } = base;
    Ok(Cloud {
        address,
        dead_letters: dead_letters(&stack),
        stack,
        aws_environment,
        lambda,
        sqs,
        dynamodb,
        cursors,
        callers,
        callers_stop,
        servers,
        servers_stop,
        kill,
    })
}

impl Base {
    fn open(options: &CloudOptions, ports: &Ports, killed: Stop) -> Result<Self, StartError> {
        let sqs_endpoint = ports.sqs_endpoint();
        let stack = options.template.resolve(&options.parameters, &sqs_endpoint)?;
        let dynamodb = DynamoDb::open(&options.data, options.ephemeral)?;
        for table in &stack.tables {
            dynamodb.ensure_table(table)?;
        }
        let queues_path = (!options.ephemeral).then(|| options.data.join("queues.json"));
        let sqs = Arc::new(Sqs::open(&stack.queues, sqs_endpoint, queues_path)?);
        let aws_environment = ports.environment();
        let lambda = Lambda::new(
            &stack.functions,
            &options.functions,
            |function| merged([&aws_environment, &function.environment, &options.environment]),
            ports.runtime_api(),
            killed,
        )?;
        let checkpoints = (!options.ephemeral).then(|| options.data.join("checkpoints"));
        Ok(Self {
            cursors: open_cursors(&stack, &dynamodb, &sqs, checkpoints.as_deref())?,
            sqs,
            stack,
            aws_environment,
            dynamodb,
            lambda: Arc::new(lambda),
        })
    }

    fn start_triggers(&self, callers: &mut JoinSet<()>, stop: &Stop) {
        for function in &self.stack.functions {
            for trigger in &function.queues {
                let worker = QueueWorker {
                    trigger: trigger.clone(),
                    binary: function.binary.clone(),
                    lambda: Arc::clone(&self.lambda),
                    sqs: Arc::clone(&self.sqs),
                    stop: stop.clone(),
                };
                worker.spawn(callers);
            }
            for schedule in &function.schedules {
                let lambda = Arc::clone(&self.lambda);
                callers.spawn(schedule::run(schedule.clone(), function.binary.clone(), lambda, stop.clone()));
            }
            let own = |cursor: &&Arc<Cursor>| function.streams.iter().any(|own| own.id == cursor.trigger.id);
            for cursor in self.cursors.iter().filter(own) {
                let delivery = Delivery {
                    function: function.name.clone(),
                    binary: function.binary.clone(),
                    lambda: Arc::clone(&self.lambda),
                    sqs: Arc::clone(&self.sqs),
                };
                callers.spawn(StreamWorker::new(Arc::clone(cursor), delivery, stop.clone()).run());
            }
        }
    }
}

fn open_cursors(
    stack: &Stack,
    dynamodb: &DynamoDb,
    sqs: &Arc<Sqs>,
    checkpoints: Option<&Path>,
) -> Result<Vec<Arc<Cursor>>, StartError> {
    if let Some(directory) = checkpoints {
        make_directory(directory)?;
    }
    let mut cursors = Vec::new();
    for trigger in stack.functions.iter().flat_map(|function| &function.streams) {
        let path = checkpoints.map(|directory| directory.join(format!("{}.json", trigger.id)));
        for table in stack.tables.iter().filter(|table| table.stream_arn() == trigger.stream_arn) {
            cursors.push(Arc::new(Cursor {
                stream: dynamodb.stream(table),
                trigger: trigger.clone(),
                progress: Progress::load(path.clone(), Arc::clone(sqs))?,
            }));
        }
    }
    Ok(cursors)
}

/// Writes the queues out whenever they have changed.
async fn save_queues(sqs: Arc<Sqs>, stop: Stop) {
    while stop.sleep(QUEUES_PERIOD).await {
        let sqs = Arc::clone(&sqs);
        match tokio::task::spawn_blocking(move || sqs.save()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "cannot write the queues"),
            Err(error) => tracing::error!(%error, "cannot write the queues"),
        }
    }
}

/// Later environments win.
fn merged<const N: usize>(environments: [&Environment; N]) -> Environment {
    environments.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Queues that hold what has failed for good.
fn dead_letters(stack: &Stack) -> BTreeSet<String> {
    let redrives = stack.queues.iter().filter_map(|queue| queue.redrive.as_ref());
    let streams = stack.functions.iter().flat_map(|function| &function.streams);
    redrives
        .map(|redrive| redrive.target_arn.clone())
        .chain(streams.filter_map(|trigger| trigger.on_failure.clone()))
        .collect()
}

fn make_directory(path: &Path) -> Result<(), StartError> {
    std::fs::create_dir_all(path).map_err(|source| StartError::File { path: path.to_owned(), source })
}
