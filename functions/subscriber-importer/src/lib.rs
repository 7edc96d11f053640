//! Reads lists of subscribers that accounts bring along.

use shared::edge::imports;
use shared::edge::sqs::QueueFunction;

/// The worker of the queue of imports.
pub const SUBSCRIBER_IMPORTER: QueueFunction =
    QueueFunction { binary: "subscriber-importer", work: imports::work };
