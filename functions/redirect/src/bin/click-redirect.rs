//! The Lambda binary of [`redirect::CLICK_REDIRECT`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(redirect::CLICK_REDIRECT)
}
