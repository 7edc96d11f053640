//! The Lambda binary of [`user_api::BOTS_ADD`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::BOTS_ADD)
}
