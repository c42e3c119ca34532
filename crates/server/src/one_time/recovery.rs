//! Recovery codes: ten, to be printed, each good once in place of a code from the app.

use rand::{CryptoRng, seq::IndexedRandom};
use secrecy::{ExposeSecret, SecretString};

/// How many there are.
const COUNT: usize = 10;

/// Letters and digits that are not taken for each other: neither I nor 1, neither O nor 0. Five bits each.
const CHARACTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Characters of a code. 80 bits cannot be tried out, so a fast hash is enough to keep it.
const LENGTH: usize = 16;

/// Characters between two dashes.
const GROUP: usize = 4;

/// What the hashes are for: a hash that was made for something else is none of them.
const CONTEXT: &str = "PAKE 2026 recovery code";

/// Codes that were just drawn.
#[derive(Debug, Default)]
pub struct RecoveryCodes {
    /// To be shown once: `ABCD-2345-EFGH-6789`.
    pub codes: Vec<SecretString>,
    /// To be kept: hexadecimal digits.
    pub hashes: Vec<String>,
}

impl RecoveryCodes {
    /// Draws ten codes.
    pub fn draw(chance: &mut impl CryptoRng) -> Self {
        let codes: Vec<SecretString> = (0..COUNT).map(|_| draw(chance)).collect();
        let hashes = codes.iter().map(|code| hash(code.expose_secret()).to_hex().to_string()).collect();
        Self { codes, hashes }
    }
}

/// Which of the kept hashes is that of this code, however it is typed. Whoever accepts it removes the hash.
pub fn position<S: AsRef<str>>(code: &str, hashes: &[S]) -> Option<usize> {
    let wanted = hash(code);
    // All are compared, each in constant time.
    let is_wanted = |kept: &S| blake3::Hash::from_hex(kept.as_ref()).is_ok_and(|kept| kept == wanted);
    hashes.iter().enumerate().fold(None, |found, (at, kept)| if is_wanted(kept) { Some(at) } else { found })
}

fn draw(chance: &mut impl CryptoRng) -> SecretString {
    let mut code = String::with_capacity(LENGTH + LENGTH / GROUP);
    for at in 0..LENGTH {
        if at > 0 && at % GROUP == 0 {
            code.push('-');
        }
        code.extend(CHARACTERS.choose(chance).map(|&byte| char::from(byte)));
    }
    code.into()
}

/// The hash of a code: case, dashes and spaces do not matter.
fn hash(code: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    for char in code.chars().filter(char::is_ascii_alphanumeric) {
        hasher.update(&[char.to_ascii_uppercase() as u8]);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    fn drawn(seed: u64) -> RecoveryCodes {
        RecoveryCodes::draw(&mut StdRng::seed_from_u64(seed))
    }

    #[test]
    fn ten_codes_are_drawn_that_can_be_read_and_written_down() {
        let RecoveryCodes { codes, hashes } = drawn(1);
        assert_eq!((codes.len(), hashes.len()), (10, 10));
        for code in &codes {
            let groups: Vec<&str> = code.expose_secret().split('-').collect();
            assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [4; 4]);
            assert!(groups.concat().bytes().all(|byte| CHARACTERS.contains(&byte)));
        }
        let all: BTreeSet<&str> = codes.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(all.len(), 10);
        assert_eq!(CHARACTERS.iter().collect::<BTreeSet<_>>().len(), 1 << 5);
        assert!(LENGTH * 5 >= 80 && !CHARACTERS.iter().any(|byte| b"0O1I".contains(byte)));
    }

    #[test]
    fn each_code_is_found_at_its_place_however_it_is_typed() {
        let RecoveryCodes { codes, hashes } = drawn(1);
        for (at, code) in codes.iter().map(ExposeSecret::expose_secret).enumerate() {
            for typed in
                [code.to_owned(), code.to_lowercase(), code.replace('-', ""), format!(" {}\n", code.replace('-', " "))]
            {
                assert_eq!(position(&typed, &hashes), Some(at), "{typed}");
            }
        }
    }

    #[test]
    fn other_codes_are_not_found() {
        let RecoveryCodes { codes, hashes } = drawn(1);
        for other in &drawn(2).codes {
            assert_eq!(position(other.expose_secret(), &hashes), None);
        }
        let first = codes[0].expose_secret();
        for wrong in ["", "-", &first[1..], &format!("{first}2"), &hashes[0]] {
            assert_eq!(position(wrong, &hashes), None, "{wrong}");
        }
        assert_eq!(position(first, &hashes[1..]), None, "it was used and removed");
        assert_eq!(position(first, &["", "swordfish", &"0".repeat(64)]), None);
        assert_eq!(position::<String>("", &[]), None);
    }

    #[test]
    fn what_is_kept_and_what_is_logged_tell_nothing_of_the_codes() {
        let drawn = drawn(1);
        let shown = format!("{drawn:?}");
        for code in &drawn.codes {
            assert!(
                !shown.contains(code.expose_secret()) && !drawn.hashes.concat().contains(&code.expose_secret()[..9])
            );
        }
        assert!(drawn.hashes.iter().all(|hash| hash.len() == 64));
    }
}
