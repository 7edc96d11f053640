use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
#[cfg(feature = "bins")]
use std::path::PathBuf;

use local::faults::AwsFaults;
use local::{SystemOptions, Telegram};
use shared::clock::Clock;
use telegram_simulator::{Simulator, SimulatorOptions};

/// Any free port, nothing kept, postbacks to this machine allowed.
pub fn ephemeral(folder: &Path, faults: &AwsFaults) -> SystemOptions {
    SystemOptions {
        port: 0,
        data: folder.to_owned(),
        ephemeral: true,
        telegram: Telegram::Simulator,
        public_url: None,
        allow_private_targets: true,
        bins: None,
        clock: Clock::System,
        faults: Some(faults.clone()),
    }
}

/// A free port below those that the system gives out by itself, so that it is still free at a restart.
pub fn free_port() -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap_or_default();
    let mut ports = first..32_000;
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}

/// Stands where a system has no simulator.
pub fn unused_simulator() -> Simulator {
    Simulator::start(SimulatorOptions { data_file: None, public_url: String::new() }).unwrap()
}

/// Where the built binaries are.
#[cfg(feature = "bins")]
pub fn bins() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the folder of the binaries is these tests' own setting")]
    let folder = std::env::var("GATEPOST_BINS");
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug");
    folder.map_or(default, Into::into)
}
