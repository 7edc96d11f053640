//! The Lambda binary of [`campaigns_api::CAMPAIGNS_EXECUTE`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::CAMPAIGNS_EXECUTE)
}
