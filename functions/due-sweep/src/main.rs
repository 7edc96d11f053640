//! The Lambda binary of [`due_sweep::DUE_SWEEP`].

fn main() -> std::process::ExitCode {
    shared::edge::schedule::serve(due_sweep::DUE_SWEEP)
}
