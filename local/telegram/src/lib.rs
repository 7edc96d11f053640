//! A Telegram on one machine, for bots: the Bot API, people, chats, the delivery of updates, misbehaviour on
//! demand, a page on which a person plays the subscriber, and a receiver of HTTP calls.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use telegram_simulator::{ChatKind, NewChat, NewUser, Simulator, SimulatorOptions};
//!
//! let simulator = Simulator::start(SimulatorOptions {
//!     data_file: None,
//!     public_url: "http://127.0.0.1:3000".to_owned(),
//! })?;
//! let bot = simulator.create_bot("shop_bot", "Shop");
//! let chat = simulator.create_chat(NewChat::new("News", ChatKind::Channel));
//! simulator.promote(bot.id, chat)?;
//! let anna = simulator.create_user(NewUser::named("Anna"));
//! simulator.press_start(anna, "https://t.me/shop_bot?start=code-click")?;
//! simulator.join(anna, chat)?;
//! # Ok(())
//! # }
//! ```
//!
//! The Bot API is below `/simulator/api`, the control API below `/simulator/control`, the receiver below
//! `/simulator/receiver`, and the page at `/simulator`.

mod bot_api;
mod bots;
mod chats;
mod clock;
mod control;
mod conversations;
mod delivery;
mod error;
mod faults;
mod formatting;
mod limits;
mod membership;
mod page;
mod people;
mod persistence;
mod queues;
mod random;
mod receiver;
mod requests;
mod shapes;
mod simulator;
mod specification;
mod stars;
mod state;
#[cfg(test)]
mod tests;
mod updates;
mod world;

pub use chats::{ChatView, MemberView, Migration, NewChat, Presence};
pub use conversations::ShownAnswer;
pub use delivery::DeliveryTiming;
pub use error::{ControlError, StartError};
pub use faults::{Faults, Refusal};
pub use formatting::{Entity, Formatted, parse as parse_text};
pub use people::NewUser;
pub use receiver::{ReceivedPostback, ReceiverAnswer};
pub use requests::RecordedRequest;
pub use simulator::{Simulator, SimulatorOptions};
pub use state::{
    Bot, Button, CallbackAnswer, ChatKind, Media, MediaKind, Rights, SentMessage, Standing, User,
};
pub use updates::MadeUpdate;
