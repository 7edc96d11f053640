//! What must hold with many leads; minutes, and therefore behind the feature `many`.

mod audience;
mod broadcast;
mod deliveries;
mod dues;
mod isolation;
mod leads;
mod lives;
mod waiting;
