//! The Lambda binary of [`user_api::LEADS_EXPORT`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::LEADS_EXPORT)
}
