//! `ReportBatchItemFailures`: which items of a batch failed, by the function's own account.

use serde_json::Value;

/// What an answer says of its batch.
#[derive(Debug, PartialEq, Eq)]
pub enum Report {
    /// Everything succeeded: the list is empty, null or absent, or there is no answer.
    Complete,
    /// These items failed.
    Failed(Vec<String>),
    /// Not a report; AWS counts the whole batch as failed.
    Malformed,
}

/// Reads a report, by the rules of the Lambda developer guide.
pub fn read(answer: &Value) -> Report {
    let failures = match answer {
        Value::Null => return Report::Complete,
        Value::Object(object) => object.get("batchItemFailures").unwrap_or(&Value::Null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return Report::Malformed,
    };
    match failures {
        Value::Null => Report::Complete,
        Value::Array(items) if items.is_empty() => Report::Complete,
        Value::Array(items) => {
            items.iter().map(identifier).collect::<Option<_>>().map_or(Report::Malformed, Report::Failed)
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Report::Malformed,
    }
}

fn identifier(item: &Value) -> Option<String> {
    item["itemIdentifier"].as_str().filter(|identifier| !identifier.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_failures_is_success_however_it_is_written() {
        for answer in
            [json!(null), json!({}), json!({"batchItemFailures": null}), json!({"batchItemFailures": []})]
        {
            assert_eq!(read(&answer), Report::Complete, "{answer}");
        }
    }

    #[test]
    fn failures_are_named() {
        let answer = json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]});
        assert_eq!(read(&answer), Report::Failed(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn a_report_that_is_none_fails_the_batch() {
        for answer in [
            json!("done"),
            json!({"batchItemFailures": "a"}),
            json!({"batchItemFailures": [{"itemIdentifier": ""}]}),
            json!({"batchItemFailures": [{"itemIdentifier": null}]}),
            json!({"batchItemFailures": [{"item": "a"}]}),
        ] {
            assert_eq!(read(&answer), Report::Malformed, "{answer}");
        }
    }
}
