//! The Lambda binary of [`user_api::UNKNOWN_ROUTE`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve_without_storage(user_api::UNKNOWN_ROUTE)
}
