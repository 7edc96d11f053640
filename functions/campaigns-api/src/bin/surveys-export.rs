//! The Lambda binary of [`campaigns_api::SURVEYS_EXPORT`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::SURVEYS_EXPORT)
}
