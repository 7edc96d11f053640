//! The Lambda binary of [`campaigns_api::CONVERSIONS_TRACK`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(campaigns_api::CONVERSIONS_TRACK)
}
