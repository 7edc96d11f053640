//! The rules, pure: facts in, decisions out. No clock, no storage, no network.

pub mod calendar;
pub mod campaign;
pub mod click;
pub mod command;
pub mod cursor;
pub mod deep_link;
pub mod fact_clock;
pub mod formatting;
pub mod gate;
pub mod journal;
pub mod lead;
pub mod lead_event;
pub mod media;
pub mod owner_news;
pub mod person;
pub mod postback;
pub mod postback_id;
pub mod postback_log;
pub mod retention;
pub mod statistics;
pub mod subscription;
pub mod url_macro;
pub mod verdict;
pub mod welcome;
