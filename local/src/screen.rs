//! What the commands print.

use std::fmt::Display;
use std::io::Write;

/// Says a line to whoever started the command. Whether they still listen is of no matter: the other end of a pipe may be
/// gone.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
