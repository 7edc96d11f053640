//! The Lambda binary of [`user_api::BOTS_CHATS`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::BOTS_CHATS)
}
