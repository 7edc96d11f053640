//! The Lambda binary of [`user_api::TRACKERS_LIST`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::TRACKERS_LIST)
}
