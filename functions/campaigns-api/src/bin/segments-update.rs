//! The Lambda binary of [`campaigns_api::SEGMENTS_UPDATE`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::SEGMENTS_UPDATE)
}
