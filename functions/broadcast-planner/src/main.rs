//! The Lambda binary of [`broadcast_planner::BROADCAST_PLANNER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(broadcast_planner::BROADCAST_PLANNER)
}
