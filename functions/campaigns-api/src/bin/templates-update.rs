//! The Lambda binary of [`campaigns_api::TEMPLATES_UPDATE`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::TEMPLATES_UPDATE)
}
