//! The Lambda binary of [`broadcast_sender::BROADCAST_SENDER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(broadcast_sender::BROADCAST_SENDER)
}
