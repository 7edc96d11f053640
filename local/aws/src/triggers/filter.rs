//! Event patterns: which records a trigger hands to its function.

use serde_json::Value;

/// Patterns of which one must match; none at all lets everything pass.
#[derive(Clone, Debug, Default)]
pub struct Filter(Vec<Pattern>);

/// What is wrong with a pattern.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// Not JSON.
    #[error("a pattern that is not JSON ({0})")]
    Syntax(#[from] serde_json::Error),
    /// A pattern, or a comparison in one, of a kind that is not known here.
    #[error("the pattern {0}")]
    Unknown(Value),
}

#[derive(Clone, Debug)]
enum Pattern {
    /// Every key's value matches.
    Fields(Vec<(String, Pattern)>),
    /// The value, or an element of it if it is a list, matches one of these.
    AnyOf(Vec<Comparison>),
}

#[derive(Clone, Debug)]
enum Comparison {
    Equals(Value),
    Prefix(String),
    Exists(bool),
    AnythingBut(Vec<Value>),
}

impl Filter {
    /// Adds a pattern, in JSON.
    ///
    /// # Errors
    ///
    /// Both kinds of [`FilterError`]; the filter stays as it was.
    pub fn add(&mut self, pattern: &str) -> Result<(), FilterError> {
        self.0.push(Pattern::read(&serde_json::from_str(pattern)?)?);
        Ok(())
    }

    /// Whether `record` passes.
    pub fn accepts(&self, record: &Value) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(Some(record)))
    }
}

impl Pattern {
    fn read(pattern: &Value) -> Result<Self, FilterError> {
        match pattern {
            Value::Object(fields) if !fields.is_empty() => fields
                .iter()
                .map(|(key, pattern)| Ok((key.clone(), Self::read(pattern)?)))
                .collect::<Result<_, FilterError>>()
                .map(Self::Fields),
            Value::Array(comparisons) if !comparisons.is_empty() => {
                comparisons.iter().map(Comparison::read).collect::<Result<_, FilterError>>().map(Self::AnyOf)
            }
            other => Err(FilterError::Unknown(other.clone())),
        }
    }

    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Fields(fields) => {
                fields.iter().all(|(key, pattern)| pattern.matches(value.and_then(|value| value.get(key))))
            }
            Self::AnyOf(comparisons) => comparisons.iter().any(|comparison| comparison.matches(value)),
        }
    }
}

impl Comparison {
    fn read(comparison: &Value) -> Result<Self, FilterError> {
        let unknown = || FilterError::Unknown(comparison.clone());
        let Value::Object(object) = comparison else {
            return if comparison.is_array() { Err(unknown()) } else { Ok(Self::Equals(comparison.clone())) };
        };
        let mut entries = object.iter();
        let (Some((name, argument)), None) = (entries.next(), entries.next()) else { return Err(unknown()) };
        match (name.as_str(), argument) {
            ("prefix", Value::String(prefix)) => Ok(Self::Prefix(prefix.clone())),
            ("exists", Value::Bool(exists)) => Ok(Self::Exists(*exists)),
            ("anything-but", Value::Array(values)) if values.iter().all(is_scalar) => {
                Ok(Self::AnythingBut(values.clone()))
            }
            ("anything-but", value) if is_scalar(value) => Ok(Self::AnythingBut(vec![value.clone()])),
            _ => Err(unknown()),
        }
    }

    fn matches(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Exists(exists), value) => *exists == value.is_some_and(|value| !value.is_object()),
            (_, None) => false,
            (_, Some(Value::Array(elements))) => elements.iter().any(|element| self.matches_scalar(element)),
            (_, Some(value)) => self.matches_scalar(value),
        }
    }

    fn matches_scalar(&self, value: &Value) -> bool {
        match self {
            Self::Equals(wanted) => value == wanted,
            Self::Prefix(prefix) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
            Self::Exists(exists) => *exists,
            Self::AnythingBut(excluded) => is_scalar(value) && !excluded.contains(value),
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepts(pattern: &Value, record: &Value) -> bool {
        let mut filter = Filter::default();
        filter.add(&pattern.to_string()).is_ok() && filter.accepts(record)
    }

    #[test]
    fn a_prefix_deep_in_a_record_matches() {
        let pattern = json!({"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "LEADS#"}]}}}});
        assert!(accepts(&pattern, &json!({"dynamodb": {"Keys": {"PK": {"S": "LEADS#1"}}}})));
        assert!(!accepts(&pattern, &json!({"dynamodb": {"Keys": {"PK": {"S": "BOT#1"}}}})));
        assert!(!accepts(&pattern, &json!({"dynamodb": {}})));
    }

    #[test]
    fn literals_are_alternatives_and_keys_are_all_required() {
        let pattern = json!({"eventName": ["INSERT", "MODIFY"], "n": [1]});
        assert!(accepts(&pattern, &json!({"eventName": "MODIFY", "n": 1})));
        assert!(!accepts(&pattern, &json!({"eventName": "REMOVE", "n": 1})));
        assert!(!accepts(&pattern, &json!({"eventName": "MODIFY", "n": "1"})));
    }

    #[test]
    fn absence_and_exclusion_can_be_asked_for() {
        let absent = json!({"userIdentity": {"type": [{"exists": false}]}});
        assert!(accepts(&absent, &json!({"eventName": "REMOVE"})));
        assert!(!accepts(&absent, &json!({"userIdentity": {"type": "Service"}})));
        let other = json!({"kind": [{"anything-but": ["a", "b"]}]});
        assert!(accepts(&other, &json!({"kind": "c"})));
        assert!(!accepts(&other, &json!({"kind": "b"})));
        assert!(!accepts(&other, &json!({})));
    }

    #[test]
    fn one_of_several_patterns_is_enough() -> Result<(), FilterError> {
        let mut filter = Filter::default();
        assert!(filter.accepts(&json!({})), "no pattern lets everything pass");
        filter.add(r#"{"a": [1]}"#)?;
        filter.add(r#"{"b": [{"exists": true}]}"#)?;
        assert!(filter.accepts(&json!({"b": null})));
        assert!(!filter.accepts(&json!({"a": 2})));
        Ok(())
    }

    #[test]
    fn a_comparison_that_is_not_known_is_refused() {
        for unknown in [
            json!({"a": [{"numeric": [">", 1]}]}),
            json!({"a": [{"suffix": "x"}]}),
            json!({"a": [{"anything-but": {"prefix": "x"}}]}),
            json!({"a": "bare"}),
            json!({"a": []}),
            json!([]),
        ] {
            assert!(Filter::default().add(&unknown.to_string()).is_err(), "{unknown}");
        }
    }
}
