//! The Lambda binary of [`eraser::ERASER`].

fn main() -> std::process::ExitCode {
    shared::edge::erasures::serve(eraser::ERASER)
}
