//! The Lambda binary of [`bot_checker::BOT_CHECKER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(bot_checker::BOT_CHECKER)
}
