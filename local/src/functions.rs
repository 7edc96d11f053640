//! Every function of the template, run inside this process behind its real event and response types.

use std::sync::{Arc, LazyLock};

use bot_checker::BOT_CHECKER;
use broadcast_planner::BROADCAST_PLANNER;
use broadcast_sender::BROADCAST_SENDER;
use due_sweep::DUE_SWEEP;
use eraser::ERASER;
use futures::FutureExt;
use lambda_runtime::{Context, LambdaEvent};
use lead_stream::LEAD_STREAM;
use local_aws::{Environment, FunctionError, Handler, Invocation};
use message_sender::MESSAGE_SENDER;
use notifier::NOTIFIER;
use postback_sender::{POSTBACK_RETRIER, POSTBACK_SENDER};
use redirect::{CLICK_REDIRECT, LINK_REDIRECT};
use serde_json::Value;
use shared::App;
use shared::aws::SharedHttpClient;
use shared::clock::Clock;
use shared::config::Config;
use shared::edge::http::Route;
use shared::edge::{HandlerError, http, schedule, sqs, stream};
use subscriber_importer::SUBSCRIBER_IMPORTER;
use telegram_webhook::TELEGRAM_WEBHOOK;
use webhook_sender::{WEBHOOK_RETRIER, WEBHOOK_SENDER, WEBHOOK_STREAM};

/// One function, by what calls it.
#[derive(Clone, Copy)]
pub enum Function {
    /// The HTTP API.
    Http(Route),
    /// A queue.
    Queue(sqs::QueueFunction),
    /// A schedule.
    Scheduled(schedule::ScheduledFunction),
    /// The table's stream.
    Stream(stream::StreamFunction),
}

/// The functions that are no route of an API.
const OTHERS: [Function; 17] = [
    Function::Http(TELEGRAM_WEBHOOK),
    Function::Stream(LEAD_STREAM),
    Function::Queue(POSTBACK_SENDER),
    Function::Http(CLICK_REDIRECT),
    Function::Http(LINK_REDIRECT),
    Function::Queue(MESSAGE_SENDER),
    Function::Scheduled(DUE_SWEEP),
    Function::Queue(NOTIFIER),
    Function::Queue(BOT_CHECKER),
    Function::Queue(BROADCAST_PLANNER),
    Function::Queue(BROADCAST_SENDER),
    Function::Queue(POSTBACK_RETRIER),
    Function::Queue(SUBSCRIBER_IMPORTER),
    Function::Queue(ERASER),
    Function::Stream(WEBHOOK_STREAM),
    Function::Queue(WEBHOOK_SENDER),
    Function::Queue(WEBHOOK_RETRIER),
];

/// Every function there is; a test compares them with the template.
pub static FUNCTIONS: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let routes = user_api::ROUTES.into_iter().chain(campaigns_api::ROUTES).map(Function::Http);
    OTHERS.into_iter().chain(routes).collect()
});

impl Function {
    /// The name of its binary.
    #[must_use]
    pub const fn binary(&self) -> &'static str {
        match self {
            Self::Http(route) => route.binary,
            Self::Queue(function) => function.binary,
            Self::Scheduled(function) => function.binary,
            Self::Stream(function) => function.binary,
        }
    }

    async fn invoke(self, app: Arc<App>, event: LambdaEvent<Value>) -> Result<Value, HandlerError> {
        match self {
            Self::Http(route) => http::invoke(route, app, event).await,
            Self::Queue(function) => sqs::invoke(function, app, event).await,
            Self::Scheduled(_) => schedule::invoke(app, event).await,
            Self::Stream(function) => stream::invoke(function, app, event).await,
        }
    }
}

/// The handler of a binary in its environment; `None` if there is no such function or the environment lacks
/// something.
pub(crate) fn find_handler(
    binary: &str,
    environment: &Environment,
    clock: &Clock,
    http: SharedHttpClient,
) -> Option<Handler> {
    let function = FUNCTIONS.iter().copied().find(|function| function.binary() == binary)?;
    let config = Config::read(|name| environment.get(name).cloned());
    let config =
        config.inspect_err(|error| tracing::error!(binary, %error, "the template is incomplete")).ok()?;
    let app = Arc::new(App::new(config, clock.clone(), Some(http)));
    let clock = clock.clone();
    Some(Arc::new(move |invocation: Invocation| {
        let app = Arc::clone(&app);
        let deadline_ms = deadline_by(&clock, invocation.deadline_ms);
        async move {
            let event = LambdaEvent::new(invocation.event, context(&invocation.request_id, deadline_ms));
            function.invoke(app, event).await.map_err(failure)
        }
        .boxed()
    }))
}

/// The machine's deadline by the clock of the functions, so that as much time is left by both.
fn deadline_by(clock: &Clock, deadline_ms: u64) -> u64 {
    deadline_ms.saturating_add_signed(clock.now_ms() - Clock::System.now_ms())
}

fn context(request_id: &str, deadline_ms: u64) -> Context {
    let mut context = Context::default();
    request_id.clone_into(&mut context.request_id);
    context.deadline = deadline_ms;
    context
}

fn failure(error: HandlerError) -> FunctionError {
    FunctionError { kind: "HandlerError".to_owned(), message: error.to_string() }
}
