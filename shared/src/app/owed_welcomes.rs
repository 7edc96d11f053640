//! A welcome that is owed is sent by whoever has leased it.

use super::App;
use super::sending::Sent;
use crate::domain::fact_clock::FactClock;
use crate::error::AppResult;
use crate::ids::{CampaignKey, UserId};
use crate::queue::MessageTask;
use crate::secret::random;
use crate::store::WelcomeLease;

/// For how long whoever took up a welcome alone sends it: longer than any function that sends may run.
pub const WELCOME_LEASE_MS: i64 = 35_000;

/// A welcome that is owed for a start or a request, and the lease that its sender asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwedWelcome {
    pub campaign: CampaignKey,
    pub user: UserId,
    /// When the person pressed Start, or asked to join.
    pub clock: FactClock,
    pub lease: WelcomeLease,
}

impl OwedWelcome {
    /// What makes up for the welcome later.
    pub const fn task(&self) -> MessageTask {
        MessageTask::WelcomeV1 { campaign: self.campaign, user: self.user, start: self.clock }
    }
}

impl App {
    /// A lease from now on, told apart from every other.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if the system has no randomness to give.
    pub(super) fn welcome_lease(&self) -> AppResult<WelcomeLease> {
        let (now_ms, holder) = (self.clock.now_ms(), u64::from_be_bytes(random()?));
        Ok(WelcomeLease { now_ms, until_ms: now_ms + WELCOME_LEASE_MS, holder })
    }

    /// Sends a welcome that is leased to the caller, and settles it. What has not left is given up, so that whoever
    /// takes it up next need not wait for the end of the lease.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]: the message did not leave.
    pub(super) async fn send_leased(
        &self,
        welcome: &OwedWelcome,
        greeting: impl Future<Output = AppResult<Sent>>,
    ) -> AppResult<Sent> {
        let OwedWelcome { campaign, user, clock, lease } = *welcome;
        let sent = greeting.await;
        match sent {
            Ok(Sent::Done | Sent::ContentRefused) => self.note_greeted(welcome).await,
            Ok(Sent::Waits(_)) | Err(_) => {
                self.store.release_welcome(campaign, user, clock, lease).await?;
            }
        }
        sent
    }

    /// The message has left: failing now would have it sent again.
    async fn note_greeted(&self, welcome: &OwedWelcome) {
        let OwedWelcome { campaign: key, user, clock, .. } = *welcome;
        if let Err(error) = self.store.settle_welcome(key, user, clock).await {
            tracing::warn!(account.id = %key.account, campaign.id = %key.campaign, ?error, "a welcome stays owed");
        }
    }
}
