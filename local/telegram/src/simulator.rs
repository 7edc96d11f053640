//! The handle: start, share, stop.

use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::delivery::{self, DeliveryTiming};
use crate::error::StartError;
use crate::faults::Faults;
use crate::persistence;
use crate::random::Random;
use crate::receiver::Receiver;
use crate::specification::Specification;
use crate::world::World;

/// Where the simulator lives.
#[derive(Debug, Clone)]
pub struct SimulatorOptions {
    /// The state is kept here as JSON: read at the start, written within a second of a change and at the stop.
    /// `None` keeps nothing.
    pub data_file: Option<PathBuf>,
    /// Where this machine is reached, such as `http://127.0.0.1:3000`; shown on the page.
    pub public_url: String,
}

/// A Telegram on one machine. A clone is another handle to the same one.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    options: SimulatorOptions,
    specification: Specification,
    world: Mutex<World>,
    receiver: Receiver,
    /// Counts changes: wakes the delivery, long polls and the writer.
    changes: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Simulator {
    /// Starts with Telegram's own timing of deliveries. Needs a tokio runtime around it.
    ///
    /// # Errors
    ///
    /// [`StartError`], if the data file is not readable or there is no runtime.
    pub fn start(options: SimulatorOptions) -> Result<Self, StartError> {
        Self::start_with_timing(options, DeliveryTiming::default())
    }

    /// Starts with another timing of deliveries, so that tests need not wait.
    ///
    /// # Errors
    ///
    /// As [`Simulator::start`].
    pub fn start_with_timing(options: SimulatorOptions, timing: DeliveryTiming) -> Result<Self, StartError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let state = options.data_file.as_deref().map(persistence::load).transpose()?.unwrap_or_default();
        let client = delivery::client(timing)?;
        let inner = Inner {
            specification: Specification::load().map_err(StartError::Specification)?,
            world: Mutex::new(World::new(state)),
            receiver: Receiver::default(),
            changes: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            tasks: Mutex::new(Vec::new()),
            options,
        };
        let simulator = Self { inner: Arc::new(inner) };
        let deliver = runtime.spawn(delivery::run(simulator.clone(), client, timing));
        let write = runtime.spawn(persistence::run(simulator.clone()));
        simulator.tasks().extend([deliver, write]);
        Ok(simulator)
    }

    /// The routes, all below `/simulator`.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(crate::page::router(self))
            .nest("/simulator/api", crate::bot_api::router(self))
            .nest("/simulator/control", crate::control::router(self))
            .nest("/simulator/receiver", crate::receiver::router(self))
    }

    /// Ends deliveries and long polls and writes the state. Twice is the same as once.
    pub async fn stop(&self) {
        self.inner.stopping.send_replace(true);
        let tasks = std::mem::take(&mut *self.tasks());
        for task in tasks {
            if let Err(error) = task.await {
                tracing::warn!(%error, "a task of the simulator ended badly");
            }
        }
        persistence::save(self).await;
    }

    /// Sets the misbehaviour, all of it: what is not named is off. Ends floods and starts the seed over.
    pub fn set_faults(&self, faults: Faults) {
        self.change(|world| {
            world.dice = Random::new(faults.seed);
            world.limits = crate::limits::Limits::default();
            world.faults = faults;
        });
    }

    /// From now on the clock of this Telegram is the machine's and so many milliseconds, which somebody else changes: a
    /// day may pass in a moment.
    pub fn shift_clock(&self, shift_ms: Arc<AtomicI64>) {
        self.change(|world| world.clock = Clock::shifted_by(shift_ms));
    }

    /// The misbehaviour as it is now, with what is left of each `next`.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.read(|world| world.faults.clone())
    }

    /// The updates that no bot has accepted yet.
    #[must_use]
    pub fn pending_updates(&self) -> usize {
        self.read(|world| world.state.bots.values().map(|bot| bot.queues.len()).sum())
    }

    /// The `chat_member` updates withheld so far.
    #[must_use]
    pub fn withheld_updates(&self) -> u64 {
        self.read(|world| world.state.withheld_updates)
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        read(&self.world())
    }

    /// Changes the world and tells everyone who waits for a change.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.world());
        self.inner.changes.send_modify(|count| *count = count.wrapping_add(1));
        result
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.inner.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.inner.stopping.subscribe()
    }

    pub(crate) fn options(&self) -> &SimulatorOptions {
        &self.inner.options
    }

    pub(crate) fn specification(&self) -> &Specification {
        &self.inner.specification
    }

    pub(crate) fn receiver(&self) -> &Receiver {
        &self.inner.receiver
    }
}
