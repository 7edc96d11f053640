//! The Lambda binary of [`campaigns_api::SURVEYS_ANSWERS`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::SURVEYS_ANSWERS)
}
