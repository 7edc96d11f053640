//! The Lambda binary of [`campaigns_api::TESTERS_GET`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::TESTERS_GET)
}
