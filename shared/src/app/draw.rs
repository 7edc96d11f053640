use crate::error::AppResult;
use crate::secret::random;

/// So many letters and digits by chance; never a `-`, which ends the code in a deep link.
pub(super) fn draw(length: usize) -> AppResult<String> {
    const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // 252 is the largest multiple of 36 in a byte: above it some letters would come more often.
    let mut drawn = String::with_capacity(length);
    while drawn.len() < length {
        let usable = random::<16>()?.into_iter().filter(|byte| *byte < 252);
        drawn.extend(
            usable.map(|byte| char::from(ALPHABET[usize::from(byte % 36)])).take(length - drawn.len()),
        );
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_has_its_length_and_letters_and_digits_alone() {
        for length in [0, 6, 12, 40] {
            let drawn = draw(length).unwrap();
            let plain = drawn.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            assert!(drawn.len() == length && plain, "{drawn}");
        }
    }
}
