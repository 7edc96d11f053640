//! The Lambda binary of [`webhook_sender::WEBHOOK_SENDER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(webhook_sender::WEBHOOK_SENDER)
}
