use crate::error::AppResult;
use crate::secret::random;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// So many letters and digits by chance; never a `-`, which ends the code in a deep link.
pub(super) fn draw(length: usize) -> AppResult<String> {
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

/// How many letters and digits an id of outreach has after its prefix; among 36^16 none is drawn twice.
pub(super) const ID_LENGTH: usize = 16;

/// How many of them say when an id was drawn.
const TIME_LENGTH: usize = 9;

/// The same many by chance, after the millisecond: what was drawn later sorts behind, so that lists have an order within
/// one second too.
pub(super) fn draw_in_order(now_ms: i64) -> AppResult<String> {
    let (mut rest, mut time) = (now_ms.unsigned_abs(), [b'0'; TIME_LENGTH]);
    for place in time.iter_mut().rev() {
        *place = ALPHABET[usize::try_from(rest % 36).unwrap_or_default()];
        rest /= 36;
    }
    let time = time.map(char::from).into_iter().collect::<String>();
    Ok(time + &draw(ID_LENGTH - TIME_LENGTH)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_later_sorts_behind() {
        let drawn = [1_780_000_000_000, 1_780_000_000_001, 1_780_000_000_036, 4_102_444_800_000]
            .map(|now_ms| draw_in_order(now_ms).unwrap());
        assert!(drawn.is_sorted() && drawn.iter().all(|id| id.len() == ID_LENGTH), "{drawn:?}");
        assert_ne!(draw_in_order(1).unwrap(), draw_in_order(1).unwrap());
    }

    #[test]
    fn what_is_drawn_has_its_length_and_letters_and_digits_alone() {
        for length in [0, 6, 12, 40] {
            let drawn = draw(length).unwrap();
            let plain = drawn.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            assert!(drawn.len() == length && plain, "{drawn}");
        }
    }
}
