//! The whole of Gatepost on one machine: the template's functions, tables and queues on embedded servers, a
//! Telegram simulator, and the operator's commands.

pub mod args;
pub mod client;
mod data_folder;
pub mod demo;
pub mod faults;
mod functions;
pub mod operator;
mod poll;
pub mod repairs;
pub mod screen;
mod system;

pub use functions::{FUNCTIONS, Function};
pub use system::{StartError, System, SystemOptions, TEMPLATE, Telegram};
