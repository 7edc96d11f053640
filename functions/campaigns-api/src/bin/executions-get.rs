//! The Lambda binary of [`campaigns_api::EXECUTIONS_GET`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::EXECUTIONS_GET)
}
