//! The Lambda binary of [`campaigns_api::WEBHOOKS_GET`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::WEBHOOKS_GET)
}
