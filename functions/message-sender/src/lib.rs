//! Sends the messages that a bot could not send at once.

use shared::edge::messages;
use shared::edge::sqs::QueueFunction;

/// The worker of the welcome queue.
pub const MESSAGE_SENDER: QueueFunction = QueueFunction { binary: "message-sender", work: messages::work };
