//! What a template becomes, seen through HTTP, the SDK and the events that functions get.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod crash;
mod fifo;
mod http_api;
mod objects;
mod odd_requests;
mod processes;
mod queues;
mod streams;
mod tables;
mod template;
mod tumbling;
mod world;
