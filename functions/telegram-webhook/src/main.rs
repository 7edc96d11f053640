//! The Lambda binary of [`telegram_webhook::TELEGRAM_WEBHOOK`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(telegram_webhook::TELEGRAM_WEBHOOK)
}
