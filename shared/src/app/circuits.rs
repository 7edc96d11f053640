use super::App;
use crate::domain::circuit::{Circuit, Passage, ProbeWait, counts_against_host};
use crate::domain::pace::Pace;
use crate::domain::postback_log::{PostbackAttempt, PostbackError};
use crate::error::AppResult;
use crate::ids::AccountId;

impl App {
    /// How long a host is still left alone for an account, in milliseconds; `None` if it may be connected to: its circuit
    /// is closed, or this attempt is the probe. Without storage it may.
    pub(super) async fn left_alone_ms(&self, account: AccountId, host: &str) -> Option<i64> {
        let passage = async {
            let (circuit, now_ms) = (self.cached_circuit(account, host).await?, self.clock.now_ms());
            match circuit.passage(now_ms) {
                Passage::Free => Ok(None),
                Passage::Blocked { until_ms } => Ok(Some(until_ms - now_ms)),
                Passage::Probe { seen, next } => {
                    if self.store.claim_probe(account, host, seen, next).await? {
                        self.remember_circuit(account, host, Circuit { wait: Some(next), ..circuit });
                        return Ok(None);
                    }
                    self.left_alone_by_another_ms(account, host, next).await
                }
            }
        };
        let passage: AppResult<Option<i64>> = passage.await;
        passage.unwrap_or_else(|error| {
            tracing::warn!(account.id = %account, ?error, "a circuit cannot be asked");
            None
        })
    }

    /// The same once somebody else had the probe: it may have closed the circuit already, and nothing is put off then.
    async fn left_alone_by_another_ms(
        &self,
        account: AccountId,
        host: &str,
        next: ProbeWait,
    ) -> AppResult<Option<i64>> {
        let (circuit, now_ms) = (self.store.circuit(account, host).await?, self.clock.now_ms());
        self.remember_circuit(account, host, circuit);
        Ok(match circuit.passage(now_ms) {
            Passage::Free => None,
            Passage::Blocked { until_ms } => Some(until_ms - now_ms),
            // Its wait is over as well: the next attempt may be the probe.
            Passage::Probe { .. } => Some(next.until_ms - now_ms),
        })
    }

    /// Whether a request to a host might take as long as one may, so that others are not to wait behind it: it answered
    /// slowly of late, as far as this process knows, or its circuit waits for a probe. While the circuit lets nothing
    /// through nobody waits.
    pub(super) async fn might_hang(&self, account: AccountId, host: &str) -> bool {
        let circuit = self.cached_circuit(account, host).await.unwrap_or_default();
        match circuit.passage(self.clock.now_ms()) {
            Passage::Blocked { .. } => false,
            Passage::Probe { .. } => true,
            Passage::Free => self.is_slow(host),
        }
    }

    /// Notes for a host's circuit how an attempt ended that was made. One that cannot be noted is left out.
    pub(super) async fn note_for_circuit(&self, account: AccountId, host: &str, attempt: &PostbackAttempt) {
        if attempt.error == Some(PostbackError::Target) {
            return;
        }
        let noted = if counts_against_host(attempt.code) {
            self.note_host_failure(account, host).await
        } else {
            self.note_host_answer(account, host).await
        };
        if let Err(error) = noted {
            tracing::warn!(account.id = %account, ?error, "a circuit does not move");
        }
    }

    async fn note_host_failure(&self, account: AccountId, host: &str) -> AppResult<()> {
        let now_ms = self.clock.now_ms();
        let mut circuit = self.store.count_host_failure(account, host, now_ms.div_euclid(1_000)).await?;
        if let Some(wait) = circuit.opens(now_ms) {
            if self.store.open_circuit(account, host, wait).await? {
                tracing::warn!(account.id = %account, "the circuit of a host is open");
            }
            circuit.wait = Some(wait);
        }
        self.remember_circuit(account, host, circuit);
        Ok(())
    }

    /// Writes nothing where nothing was known against the host.
    async fn note_host_answer(&self, account: AccountId, host: &str) -> AppResult<()> {
        let known = self.webhook_cache.circuits.last_known(&(account, host.to_owned()));
        if known.is_some_and(|known| known.is_closed_by_answer()) {
            self.store.close_circuit(account, host).await?;
            self.remember_circuit(account, host, Circuit::default());
        }
        Ok(())
    }

    fn is_slow(&self, host: &str) -> bool {
        self.webhook_cache.paces.remembered(&host.to_owned()).is_some_and(Pace::is_slow)
    }

    /// Notes how long a host took.
    pub(super) fn note_pace(&self, host: &str, took_ms: i64) {
        let known = self.webhook_cache.paces.remembered(&host.to_owned()).unwrap_or_default();
        self.webhook_cache.paces.remember(host.to_owned(), known.after(took_ms));
    }

    /// A circuit, at most a second old.
    async fn cached_circuit(&self, account: AccountId, host: &str) -> AppResult<Circuit> {
        let (store, asked) = (self.store.clone(), host.to_owned());
        let read = || async move { store.circuit(account, &asked).await.map(Some) };
        let circuit = self.webhook_cache.circuits.get_ahead((account, host.to_owned()), read).await?;
        Ok(circuit.unwrap_or_default())
    }

    fn remember_circuit(&self, account: AccountId, host: &str, circuit: Circuit) {
        self.webhook_cache.circuits.remember((account, host.to_owned()), circuit);
    }
}
