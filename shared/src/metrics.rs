//! Numbers for CloudWatch, as lines on standard output (its Embedded Metric Format): no call, no permission.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

/// Where numbers go.
#[derive(Clone, Debug, Default)]
pub enum Metrics {
    /// To standard output, which CloudWatch reads.
    #[default]
    Output,
    /// Nowhere: their names are kept, in order, for a test; clones share them.
    Kept(Arc<Mutex<Vec<String>>>),
}

impl Metrics {
    /// Counts one thing of a function.
    pub fn count(&self, metric: &str, now_ms: i64, function: &str) {
        match self {
            Self::Output => {
                let mut line = line(metric, now_ms, function);
                line.push('\n');
                // A number that is not told is no reason to fail.
                let _ = std::io::stdout().lock().write_all(line.as_bytes());
            }
            Self::Kept(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).push(metric.to_owned()),
        }
    }
}

fn line(metric: &str, now_ms: i64, function: &str) -> String {
    let directive = json!({
        "Namespace": "Gatepost",
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    });
    json!({
        "_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [directive]},
        "FunctionName": function,
        metric: 1,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_one_line_that_cloudwatch_reads() {
        let line = line("PostbacksExhausted", 1_760_000_000_123, "gatepost-PostbackRetrier");
        insta::assert_snapshot!(line, @r#"{"FunctionName":"gatepost-PostbackRetrier","PostbacksExhausted":1,"_aws":{"CloudWatchMetrics":[{"Dimensions":[["FunctionName"]],"Metrics":[{"Name":"PostbacksExhausted","Unit":"Count"}],"Namespace":"Gatepost"}],"Timestamp":1760000000123}}"#);
    }
}
