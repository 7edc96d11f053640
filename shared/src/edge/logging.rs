use tracing_subscriber::EnvFilter;

/// JSON lines on standard output, `info` and above unless `RUST_LOG` says otherwise; CloudWatch adds the time.
pub(super) fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines =
        tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_span_list(false);
    let _ = lines.without_time().with_env_filter(filter).try_init();
}
