//! The whole system, tested from outside: HTTP and a simulated Telegram in, answers and postbacks out.

mod contract;
mod house;
mod journeys;
#[cfg(feature = "many")]
mod many;
mod outreach;
mod webhook;
mod world;
