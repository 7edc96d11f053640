//! The Lambda binary of [`redirect::LINK_REDIRECT`].

fn main() -> std::process::ExitCode {
    shared::edge::http::serve(redirect::LINK_REDIRECT)
}
