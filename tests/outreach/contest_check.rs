//! The draw of a contest followed by somebody else: SHA-256 (FIPS 180-4) and HMAC (RFC 2104) by the letter, and the rule of the
//! README over them.

/// The first 32 bits of the fractional parts of roots of the first primes.
fn constants() -> ([u32; 8], [u32; 64]) {
    let is_prime =
        |number: &u32| (2..*number).take_while(|d| d * d <= *number).all(|d| !number.is_multiple_of(d));
    let primes: Vec<u32> = (2..).filter(is_prime).take(64).collect();
    // In exact arithmetic: the least root whose power is above the prime, times 2 to the 32nd.
    let fraction = |prime: u32, power: u32| {
        let (mut low, mut high) = (0u128, 1u128 << 36);
        while high - low > 1 {
            let middle = u128::midpoint(low, high);
            let fits = match power {
                2 => middle * middle <= u128::from(prime) << 64,
                _ => middle * middle * middle <= u128::from(prime) << 96,
            };
            if fits { low = middle } else { high = middle }
        }
        u32::try_from(low & 0xffff_ffff).unwrap()
    };
    let squares: Vec<_> = primes.iter().take(8).map(|prime| fraction(*prime, 2)).collect();
    let cubes: Vec<_> = primes.iter().map(|prime| fraction(*prime, 3)).collect();
    (squares.try_into().unwrap(), cubes.try_into().unwrap())
}

pub fn sha256(message: &[u8]) -> [u8; 32] {
    let (mut state, rounds) = constants();
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64) + if padded.len() % 64 > 56 { 64 } else { 0 }, 0);
    let end = padded.len();
    padded[end - 8..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks(64) {
        let mut w: Vec<u32> =
            block.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        for t in 16..64 {
            let small0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ (w[t - 15] >> 3);
            let small1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ (w[t - 2] >> 10);
            w.push(small1.wrapping_add(w[t - 7]).wrapping_add(small0).wrapping_add(w[t - 16]));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for t in 0..64 {
            let big1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let one = h.wrapping_add(big1).wrapping_add(choice).wrapping_add(rounds[t]).wrapping_add(w[t]);
            let big0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let two = big0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(one), c, b, a, one.wrapping_add(two));
        }
        for (sum, word) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *sum = sum.wrapping_add(word);
        }
    }
    let bytes: Vec<u8> = state.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.try_into().unwrap()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let with = |pad: u8| block.map(|byte| byte ^ pad);
    sha256(&[with(0x5c).as_slice(), &sha256(&[with(0x36).as_slice(), message].concat())].concat())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap()).collect()
}

/// SHA-256 of a seed in hex.
pub fn seed_hash(seed: &str) -> String {
    hex(&sha256(&bytes(seed)))
}

/// SHA-256 of numbers in order, each on a line.
pub fn numbers_hash(numbers: &[u64]) -> String {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    hex(&sha256(numbers.iter().map(|number| format!("{number}\n")).collect::<String>().as_bytes()))
}

/// The numbers in the order of the draw.
pub fn draw_order(seed: &str, numbers: &[u64]) -> Vec<u64> {
    let seed = bytes(seed);
    let mut numbers = numbers.to_vec();
    numbers.sort_by_cached_key(|number| hmac(&seed, number.to_string().as_bytes()));
    numbers
}

#[test]
fn the_check_itself_is_right() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex(&sha256(b"")), empty);
    let long = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    assert_eq!(hex(&sha256("a".repeat(1_000_000).as_bytes())), long);
    // RFC 4231, case 2.
    let tag = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(hex(&hmac(b"Jefe", b"what do ya want for nothing?")), tag);
}
