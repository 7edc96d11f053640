//! The Lambda binary of [`campaigns_api::EXECUTIONS_RETRY_FAILED`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::EXECUTIONS_RETRY_FAILED)
}
