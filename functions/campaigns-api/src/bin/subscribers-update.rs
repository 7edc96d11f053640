//! The Lambda binary of [`campaigns_api::SUBSCRIBERS_UPDATE`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::SUBSCRIBERS_UPDATE)
}
