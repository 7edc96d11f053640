//! Numbers that reading JSON would round: a client must not get back another one than it sent.

use rust_decimal::Decimal;

/// A number of so many digits is the same after it was read.
const DIGITS_ALWAYS_KEPT: usize = 15;

/// The first number of a JSON text that is not kept as it is spelled, shortened to be shown.
pub(super) fn inexact_number(json: &[u8]) -> Option<String> {
    const SHOWN_CHARACTERS: usize = 40;
    let found = numbers(json).find(|number| !is_kept(number))?;
    Some(found.chars().take(SHOWN_CHARACTERS).collect())
}

/// The numbers of a JSON text that reads: what stands outside of strings and begins with a digit or a minus.
fn numbers(json: &[u8]) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            let begin = rest.iter().position(|byte| matches!(byte, b'"' | b'-' | b'0'..=b'9'))?;
            rest = &rest[begin..];
            let length = match rest.first()? {
                b'"' => string_length(rest),
                _ => rest.iter().position(|byte| !is_of_a_number(*byte)).unwrap_or(rest.len()),
            };
            let (found, behind) = rest.split_at(length);
            rest = behind;
            if !found.starts_with(b"\"") {
                return std::str::from_utf8(found).ok();
            }
        }
    })
}

const fn is_of_a_number(byte: u8) -> bool {
    matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

/// Up to and with the quote that ends the string that a text begins with.
fn string_length(json: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    json.len()
}

fn is_kept(number: &str) -> bool {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
    if digits <= DIGITS_ALWAYS_KEPT {
        return true;
    }
    let read = serde_json::from_str::<serde_json::Number>(number).ok().map(|read| read.to_string());
    let exact = |text: &str| Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok();
    read.is_some_and(|read| exact(number).is_some_and(|sent| exact(&read) == Some(sent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_reading_would_round_are_found_outside_of_texts() {
        for (json, found) in [
            (r#"{"a": 1, "b": [-2.5, 1e300, 0.1, 123456789012345], "c": true}"#, None),
            (r#"{"a": 18446744073709551615, "b": -9223372036854775808}"#, None),
            (r#"{"a": 0.000000000000000001234, "b": 100000000000000000000}"#, None),
            (r#"{"a": "12345678901234567890123", "b\"9": 1}"#, None),
            (r#"{"a": 12345678901234567890123}"#, Some("12345678901234567890123")),
            (r#"{"a": {"b": [0.12345678901234567890]}}"#, Some("0.12345678901234567890")),
            (r#"{"a":"\\","b":9007199254740993.5}"#, Some("9007199254740993.5")),
            (r#"{"a": 1234567890123456.75e1}"#, Some("1234567890123456.75e1")),
        ] {
            assert_eq!(inexact_number(json.as_bytes()).as_deref(), found, "{json}");
        }
    }
}
