//! The Lambda binary of [`webhook_sender::WEBHOOK_RETRIER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(webhook_sender::WEBHOOK_RETRIER)
}
