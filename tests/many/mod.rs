//! What must hold with many leads; minutes, and therefore behind the feature `many`.

mod leads;
mod lives;
