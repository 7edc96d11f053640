//! Erases people from everything that names them.

use shared::edge::erasures::ErasureFunction;

/// The worker of the queue of erasures.
pub const ERASER: ErasureFunction = ErasureFunction { binary: "eraser" };
