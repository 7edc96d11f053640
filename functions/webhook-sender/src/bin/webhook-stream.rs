//! The Lambda binary of [`webhook_sender::WEBHOOK_STREAM`].

fn main() -> std::process::ExitCode {
    shared::edge::stream::serve(webhook_sender::WEBHOOK_STREAM)
}
