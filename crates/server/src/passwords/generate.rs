//! Passwords that nobody has to think of.

use rand::{CryptoRng, seq::IndexedRandom};
use secrecy::SecretString;

use super::rule;

/// Lengths that can be asked for, in characters.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 12..=64;

/// Letters and digits that are not taken for each other when they are read or written down: 5.8 bits each.
const CHARACTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// More attempts than it ever takes: of a million random ones of 12 characters fewer than one is refused.
const ATTEMPTS: usize = 100;

/// A length that is not offered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("is out of range; give {} to {} characters", LENGTHS.start(), LENGTHS.end())]
pub struct WrongLength;

/// A random password of so many characters, one that the rule takes.
pub fn generate(length: usize, chance: &mut impl CryptoRng) -> Result<SecretString, WrongLength> {
    if !LENGTHS.contains(&length) {
        return Err(WrongLength);
    }
    let mut draw = || -> SecretString {
        (0..length).filter_map(|_| CHARACTERS.choose(chance)).map(|&byte| char::from(byte)).collect::<String>().into()
    };
    let mut password = draw();
    for _ in 1..ATTEMPTS {
        if rule::check(&password, &[]).is_ok() {
            break;
        }
        password = draw();
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{SeedableRng, rngs::StdRng};
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn every_length_on_offer_is_taken_by_the_rule() {
        let mut chance = StdRng::seed_from_u64(1);
        for length in LENGTHS {
            let password = generate(length, &mut chance).unwrap();
            assert_eq!(password.expose_secret().len(), length);
            assert_eq!(rule::check(&password, &["Ada Lovelace"]), Ok(()), "{}", password.expose_secret());
        }
        for length in [0, 11, 65, usize::MAX] {
            let error = generate(length, &mut chance).unwrap_err();
            assert_eq!(error.to_string(), "is out of range; give 12 to 64 characters");
        }
    }

    #[test]
    fn chance_decides_and_all_characters_come_up_but_none_that_look_alike() {
        let of = |seed| generate(20, &mut StdRng::seed_from_u64(seed)).unwrap().expose_secret().to_owned();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        let seen: BTreeSet<char> = (0..200).flat_map(|seed| of(seed).chars().collect::<Vec<_>>()).collect();
        assert_eq!(seen.len(), CHARACTERS.len());
        assert!("0O1lIo".chars().all(|char| !seen.contains(&char)), "{seen:?}");
    }
}
