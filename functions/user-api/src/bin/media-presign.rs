//! The Lambda binary of [`user_api::MEDIA_PRESIGN`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::MEDIA_PRESIGN)
}
