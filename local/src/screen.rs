//! What the commands print.

/// Prints a line for the person (or the script) at the terminal.
#[expect(clippy::print_stdout, reason = "this is the commands' one way to standard output")]
pub fn say(line: impl std::fmt::Display) {
    println!("{line}");
}
