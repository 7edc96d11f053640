//! Sends the messages that a bot could not send at once.

use shared::edge::messages::MessageFunction;

/// The worker of the welcome queue.
pub const MESSAGE_SENDER: MessageFunction = MessageFunction { binary: "message-sender" };
