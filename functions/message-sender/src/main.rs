//! The Lambda binary of [`message_sender::MESSAGE_SENDER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(message_sender::MESSAGE_SENDER)
}
