//! The Lambda binary of [`eraser::ERASER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(eraser::ERASER)
}
