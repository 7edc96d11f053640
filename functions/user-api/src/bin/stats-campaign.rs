//! The Lambda binary of [`user_api::STATS_CAMPAIGN`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::STATS_CAMPAIGN)
}
