/// How much of an answer is kept for the log, in bytes.
pub const EXCERPT_BYTES: usize = 500;

/// The beginning of an answer as the log may show it: text, without control characters, at most
/// [`EXCERPT_BYTES`] bytes.
pub fn excerpt(read: &[u8]) -> String {
    let mut text = String::new();
    // Whatever the encoding, no more bytes than these can be shown.
    let head = String::from_utf8_lossy(&read[..read.len().min(EXCERPT_BYTES)]);
    let whole = read.len() <= EXCERPT_BYTES;
    let mut letters = head.chars().peekable();
    while let Some(letter) = letters.next() {
        // A letter that was cut in two at the end is no letter.
        let cut = !whole && letter == char::REPLACEMENT_CHARACTER && letters.peek().is_none();
        if cut || text.len() + letter.len_utf8() > EXCERPT_BYTES {
            break;
        }
        text.push(if letter.is_control() { ' ' } else { letter });
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_and_halves_of_letters_are_left_out() {
        assert_eq!(excerpt(b"\x1b[31mred\x1b[0m\r\nOK\0"), "[31mred [0m  OK");
        let long = "ж".repeat(400);
        assert_eq!(excerpt(long.as_bytes()), "ж".repeat(250));
        let odd = format!("x{long}");
        assert_eq!(excerpt(odd.as_bytes()), format!("x{}", "ж".repeat(249)));
        assert_eq!(excerpt(&[0xff; 4096]).len(), 498);
    }

    proptest! {
        #[test]
        fn an_excerpt_is_short_clean_text(read in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let kept = excerpt(&read);
            prop_assert!(kept.len() <= EXCERPT_BYTES && !kept.chars().any(char::is_control));
        }
    }
}
