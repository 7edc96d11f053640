//! The Lambda binary of [`campaigns_api::CAMPAIGNS_HISTORY`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::CAMPAIGNS_HISTORY)
}
