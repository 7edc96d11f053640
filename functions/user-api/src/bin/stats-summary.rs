//! The Lambda binary of [`user_api::STATS_SUMMARY`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::STATS_SUMMARY)
}
