//! The Lambda binary of [`campaigns_api::CAMPAIGNS_DELETE_MESSAGES`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::CAMPAIGNS_DELETE_MESSAGES)
}
