//! How many postbacks a sender delivers in a second, and what one costs it.
//!
//! `cargo test --release -p tests --features many -- deliveries --nocapture` prints figures worth reading; a build
//! without optimization only proves that all arrive.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use shared::App;
use shared::clock::Clock;
use shared::config::Config;
use shared::domain::fact_clock::FactClock;
use shared::domain::lead::Start;
use shared::domain::lead_event::{LeadEvent, LeadStatus};
use shared::domain::person::Person;
use shared::edge::sqs::QueueFunction;
use shared::edge::{postbacks, sqs};
use shared::ids::{BotId, LeadId, UserId};
use shared::queue::{Grouped, Task};
use shared::store::{NewStart, StartPolicy, WelcomeLease};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{Scene, World};

/// How many are delivered.
const POSTBACKS: i64 = if cfg!(debug_assertions) { 1_000 } else { 20_000 };

/// The function that is measured.
const SENDER: QueueFunction = QueueFunction { binary: "postback-sender", work: postbacks::work };

/// What Lambda hands over at once from a FIFO queue.
const BATCH: usize = 10;

/// How many invocations run at the same time.
const INVOCATIONS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_a_second_and_what_one_costs_the_sender() {
    let receiver = Receiver::start();
    let world = World::new().await;
    let template = format!("http://{}/p?click={{click}}&id={{id}}", receiver.address);
    let scene = world.setting().without_templates().set("pb_wait", template).set_up().await;
    let create = json!({"action": "create"});
    scene.account.post_json("/api/profile/signing.json", &create).await.data();
    let tasks = start_in_silence(&world, &scene, POSTBACKS).await;
    let batches: Vec<_> = tasks.chunks(BATCH).map(batch).collect();
    let environment = world.system.cloud.environment("postback-sender").unwrap().clone();

    let work = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let config = Config::read(|name| environment.get(name).cloned()).unwrap();
            let app = Arc::new(App::new(config, Clock::System, None));
            app.store.connect().await;
            let (begun, spent) = (Instant::now(), cpu_time());
            let invocations =
                batches.into_iter().map(|batch| {
                    let app = Arc::clone(&app);
                    async move {
                        sqs::invoke(SENDER, app, LambdaEvent::new(batch, Context::default())).await.unwrap()
                    }
                });
            let answers: Vec<_> = stream::iter(invocations).buffer_unordered(INVOCATIONS).collect().await;
            (answers, begun.elapsed(), cpu_time() - spent)
        })
    });
    let (answers, took, spent) = tokio::task::spawn_blocking(|| work.join().unwrap()).await.unwrap();

    assert!(answers.iter().all(|answer| answer["batchItemFailures"] == json!([])), "{:?}", answers[0]);
    let ids = receiver.ids.lock().unwrap();
    let different: HashSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), different.len()), (tasks.len(), tasks.len()));
    let each = |time: Duration| time.as_secs_f64() / f64::from(i32::try_from(POSTBACKS).unwrap());
    let (rate, cost_ms) = (1.0 / each(took), each(spent) * 1000.0);
    println!("{POSTBACKS} postbacks: {rate:.0} deliveries a second, {cost_ms:.3} ms CPU each in the sender");
}

/// Leads of a paused campaign, which nothing is told of, and the tasks that would tell of their starts.
pub async fn start_in_silence(world: &World, scene: &Scene, count: i64) -> Vec<Task> {
    let pause = async |pause: u8| {
        let body = json!({"id": scene.campaign.campaign, "pause": pause});
        assert_eq!(scene.account.post_json("/api/camp/pause.json", &body).await.json()["status"], "ok");
    };
    pause(1).await;
    let (store, now) = (&world.system.app.store, world.system.app.clock.now());
    let lease = WelcomeLease { now_ms: 0, until_ms: 1, holder: 0 };
    let begin = |number: i64| async move {
        let user = UserId(7_000_000_000 + number);
        let clock = FactClock { date: now - count + number, update: number };
        let start = Start::new(clock, format!("click-{number}"));
        let id = LeadId::of_start(clock.date, clock.update, BotId(1));
        let new = NewStart { start: &start, id, policy: StartPolicy::MakeLeads, lease };
        store.record_start(scene.campaign, &Person { user, ..Person::default() }, new).await.unwrap();
        let event = LeadEvent { status: LeadStatus::Wait, clock };
        Task::PostbackV1 { campaign: scene.campaign, user, event }
    };
    let tasks = stream::iter((0..count).map(begin)).buffered(8).collect().await;
    // The bot itself is looked after all the time: with so many people it never gets quiet.
    let is_told_of = async || {
        let queued = world.system.cloud.queue_depth("PostbackQueue").unwrap().total();
        queued == 0 && !world.system.cloud.is_working()
    };
    world.until_within(Duration::from_secs(600), "the stream was passed over", is_told_of).await;
    pause(0).await;
    tasks
}

/// A batch as Lambda hands it over.
fn batch(tasks: &[Task]) -> Value {
    let record = |(index, task): (usize, &Task)| {
        json!({
            "messageId": format!("{index}"),
            "receiptHandle": "receipt",
            "body": serde_json::to_string(task).unwrap(),
            "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": task.group()},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        })
    };
    json!({"Records": tasks.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// How long this thread ran on a processor, by the kernel's own account.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// Answers 204 to every request, on a thread of its own, and keeps the ids that came.
struct Receiver {
    address: SocketAddr,
    ids: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let (address, ids) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&ids);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(receive(stream, Arc::clone(&kept)));
                }
            });
        });
        Self { address, ids }
    }
}

async fn receive(mut stream: TcpStream, ids: Arc<Mutex<Vec<String>>>) {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        read.extend_from_slice(&buffer[..count]);
        if !read.ends_with(b"\r\n\r\n") {
            continue;
        }
        let head = String::from_utf8(std::mem::take(&mut read)).unwrap();
        let id = head.split_once("&id=").unwrap().1.split(' ').next().unwrap().to_owned();
        ids.lock().unwrap().push(id);
        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
            return;
        }
    }
}
