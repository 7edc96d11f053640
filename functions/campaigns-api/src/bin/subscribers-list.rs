//! The Lambda binary of [`campaigns_api::SUBSCRIBERS_LIST`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::SUBSCRIBERS_LIST)
}
