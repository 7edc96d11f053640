//! Erases people from everything that names them.

use shared::edge::erasures;
use shared::edge::sqs::QueueFunction;

/// The worker of the queue of erasures.
pub const ERASER: QueueFunction = QueueFunction { binary: "eraser", work: erasures::work };
