//! The Lambda binary of [`user_api::PROFILE_SIGNING`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::PROFILE_SIGNING)
}
