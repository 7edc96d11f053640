//! The Lambda binary of [`user_api::MEDIA_UPLOAD`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::MEDIA_UPLOAD)
}
