//! The Lambda binary of [`postback_sender::POSTBACK_RETRIER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(postback_sender::POSTBACK_RETRIER)
}
