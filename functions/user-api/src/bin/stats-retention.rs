//! The Lambda binary of [`user_api::STATS_RETENTION`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::STATS_RETENTION)
}
