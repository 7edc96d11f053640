//! Tells owners what happens to their leads and bots, by their own bots.

use shared::edge::owner_news;
use shared::edge::sqs::QueueFunction;

/// The worker of the notification queue.
pub const NOTIFIER: QueueFunction = QueueFunction { binary: "notifier", work: owner_news::work };
