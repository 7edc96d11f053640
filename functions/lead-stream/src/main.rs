//! The Lambda binary of [`lead_stream::LEAD_STREAM`].

fn main() -> std::process::ExitCode {
    shared::edge::stream::serve(lead_stream::LEAD_STREAM)
}
