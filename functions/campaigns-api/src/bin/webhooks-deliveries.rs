//! The Lambda binary of [`campaigns_api::WEBHOOKS_DELIVERIES`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::WEBHOOKS_DELIVERIES)
}
