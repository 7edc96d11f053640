//! The Lambda binary of [`campaigns_api::EXECUTIONS_DELIVERIES`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::EXECUTIONS_DELIVERIES)
}
