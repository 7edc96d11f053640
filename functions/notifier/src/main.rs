//! The Lambda binary of [`notifier::NOTIFIER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(notifier::NOTIFIER)
}
