//! What must hold with many leads; minutes, and therefore behind the feature `many`.

mod audience;
mod broadcast;
mod deliveries;
mod dues;
mod isolation;
mod leads;
mod lives;
mod surveys;
mod waiting;

/// The most memory that a child of this process has had, in kilobytes, by the kernel's word. A kernel keeps fifteen letters
/// of a name.
#[cfg(feature = "bins")]
fn peak_memory_of(name: &str) -> u64 {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let statuses =
        processes.filter_map(|process| std::fs::read_to_string(process.path().join("status")).ok());
    let field = |status: &str, field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").to_owned()
    };
    let mine = std::process::id().to_string();
    let own = |status: &String| {
        field(status, "Name:") == name[..name.len().min(15)] && field(status, "PPid:") == mine
    };
    let found = statuses.filter(own).map(|status| field(&status, "VmHWM:").parse().unwrap());
    found.max().unwrap_or_default()
}
