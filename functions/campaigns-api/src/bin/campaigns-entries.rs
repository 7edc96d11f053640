//! The Lambda binary of [`campaigns_api::CAMPAIGNS_ENTRIES`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::CAMPAIGNS_ENTRIES)
}
