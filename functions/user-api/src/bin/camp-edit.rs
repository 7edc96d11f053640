//! The Lambda binary of [`user_api::CAMP_EDIT`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(user_api::CAMP_EDIT)
}
