//! The account itself.

pub mod apikey;
pub mod info;
pub mod notify;
pub mod postbacks;
pub mod signing;
