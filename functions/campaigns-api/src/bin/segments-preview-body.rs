//! The Lambda binary of [`campaigns_api::SEGMENTS_PREVIEW_BODY`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::SEGMENTS_PREVIEW_BODY)
}
