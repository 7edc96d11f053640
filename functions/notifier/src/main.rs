//! The Lambda binary of [`notifier::NOTIFIER`].

fn main() -> std::process::ExitCode {
    shared::edge::owner_news::serve(notifier::NOTIFIER)
}
