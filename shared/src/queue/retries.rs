use super::{DELAY_MAX_SECONDS, Queue, unavailable};
use crate::error::AppResult;

/// The longest name of a message group, in bytes.
const GROUP_BYTES: usize = 128;

impl Queue {
    /// Sends a task, as [`super::Task::spelled`] spelled it, to the standard queue of retries, to be received after so
    /// many seconds; at most [`DELAY_MAX_SECONDS`] count. The queue is fair by host.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: at worst the task is there twice.
    pub async fn send_retry(&self, task: String, host: &str, seconds: u64) -> AppResult<()> {
        let delay_seconds = i32::try_from(seconds.min(DELAY_MAX_SECONDS)).unwrap_or_default();
        let request = self.client.send_message().queue_url(&self.url).message_body(task);
        let request = request.set_message_group_id(group(host)).delay_seconds(delay_seconds);
        request.send().await.map_err(unavailable)?;
        Ok(())
    }
}

/// The message group of a host; of a long name the end, where the domain stands. `None` for a name that SQS does not
/// take: it waits in no group.
pub(super) fn group(host: &str) -> Option<String> {
    let group = host.get(host.len().saturating_sub(GROUP_BYTES)..).unwrap_or_default();
    let fits = !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| group.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_the_end_of_the_host() {
        assert_eq!(group("t.example:8080").as_deref(), Some("t.example:8080"));
        let long = format!("{}.t.example", "x".repeat(200));
        assert!(group(&long).is_some_and(|group| group.len() == 128 && group.ends_with(".t.example")));
        assert_eq!((group(""), group("no host")), (None, None));
    }
}
