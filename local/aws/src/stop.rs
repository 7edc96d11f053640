//! How a cloud tells its tasks to end.

use tokio::sync::watch;

/// Asks every holder of the matching [`Stop`] to end, when told to or when dropped.
#[derive(Debug)]
pub struct StopSender(watch::Sender<bool>);

/// The receiving side; clones see the same request.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl StopSender {
    /// A sender and its receiving side.
    pub fn channel() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop(receiver))
    }

    /// Asks; twice is the same as once.
    pub fn request(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether the end has been asked for.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns when the end is asked for.
    pub async fn requested(&self) {
        // An error means that the sender is gone, which is a request too.
        let _ = self.0.clone().wait_for(|stop| *stop).await;
    }

    /// Waits `duration`; false if the end was asked for meanwhile.
    pub async fn sleep(&self, duration: std::time::Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(duration) => true,
            () = self.requested() => false,
        }
    }
}
