//! Tells owners what happens to their leads and bots, by their own bots.

use shared::edge::owner_news::OwnerNewsFunction;

/// The worker of the notification queue.
pub const NOTIFIER: OwnerNewsFunction = OwnerNewsFunction { binary: "notifier" };
