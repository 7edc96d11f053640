//! The Lambda binary of [`user_api::CAMP_PAUSE`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::CAMP_PAUSE)
}
