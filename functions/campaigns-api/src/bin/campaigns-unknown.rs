//! The Lambda binary of [`campaigns_api::CAMPAIGNS_UNKNOWN`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve_without_storage(campaigns_api::CAMPAIGNS_UNKNOWN)
}
