//! Argon2id (RFC 9106), one hash at a time, in memory that is used again.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};

/// Length of a salt, in bytes.
pub const SALT_BYTES: usize = 16;

/// Length of a hash, in bytes.
const OUTPUT_BYTES: usize = 32;

/// A stored hash that wants more than this, in KiB, was not made here.
const MOST_MEMORY_KIB: u32 = 1 << 20;

/// A stored hash that wants more passes than this was not made here.
const MOST_ITERATIONS: u32 = 100;

/// What a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
}

/// The memory that hashes are made in. It grows to what is wanted, and is given back when it is dropped.
#[derive(Default)]
pub struct Memory(Vec<Block>);

/// What came of comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The password is the one that was hashed.
    pub matches: bool,
    /// The hash is weaker than those that are made now: to be made anew, now that the password is known.
    pub outdated: bool,
}

/// It cannot be hashed, or the stored hash cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// Argon2 does not take it.
    #[error("argon2: {0}")]
    Argon2(#[from] argon2::Error),
    /// The text form does not take it, or cannot be read.
    #[error("the text of a password hash: {0}")]
    Text(#[from] argon2::password_hash::phc::Error),
    /// The parameters in the text are none of Argon2.
    #[error("the parameters of a password hash: {0}")]
    Parameters(#[from] argon2::password_hash::Error),
    /// It is a hash, but none of ours.
    #[error("a password hash of an unknown kind")]
    Foreign,
}

impl Memory {
    /// Room for what these parameters want.
    fn for_blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0.resize(count, Block::new());
        }
        &mut self.0[..count]
    }

    /// Gives it back.
    pub fn release(&mut self) {
        self.0 = Vec::new();
    }
}

/// Hashes a password, into the form `$argon2id$v=19$m=65536,t=3,p=1$<salt>$<hash>`.
pub fn hash(password: &[u8], salt: [u8; SALT_BYTES], cost: Cost, memory: &mut Memory) -> Result<String, HashingError> {
    let params = Params::new(cost.memory_kib, cost.iterations, 1, Some(OUTPUT_BYTES))?;
    let mut output = [0; OUTPUT_BYTES];
    let algorithm = Algorithm::Argon2id;
    let version = Version::V0x13;
    let blocks = memory.for_blocks(params.block_count());
    Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(
        password,
        &salt,
        &mut output,
        blocks,
    )?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

/// Compares a password with a stored hash, in a time that does not depend on how much of it is right.
pub fn verify(password: &[u8], stored: &str, cost: Cost, memory: &mut Memory) -> Result<Verdict, HashingError> {
    let stored = PasswordHash::new(stored)?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(|_| HashingError::Foreign)?;
    let version = stored.version.map_or(Ok(Version::V0x13), Version::try_from)?;
    let params = Params::try_from(&stored)?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else { return Err(HashingError::Foreign) };
    if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_ITERATIONS {
        return Err(HashingError::Foreign);
    }
    let is_weaker = params.m_cost() < cost.memory_kib || params.t_cost() < cost.iterations;
    let is_older = algorithm != Algorithm::Argon2id || version != Version::V0x13 || expected.len() < OUTPUT_BYTES;
    let mut output = vec![0; expected.len()];
    let blocks = memory.for_blocks(params.block_count());
    Argon2::new(algorithm, version, params).hash_password_into_with_memory(password, &salt, &mut output, blocks)?;
    // Outputs are compared in constant time.
    Ok(Verdict { matches: Output::new(&output)? == expected, outdated: is_weaker || is_older })
}

/// Does what comparing does, with nothing to compare with.
pub fn pretend(password: &[u8], cost: Cost, memory: &mut Memory) -> Result<Verdict, HashingError> {
    hash(password, [0; SALT_BYTES], cost, memory)?;
    Ok(Verdict { matches: false, outdated: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory_kib: 64, iterations: 2 };

    fn verdict(password: &str, stored: &str, cost: Cost) -> Result<Verdict, HashingError> {
        verify(password.as_bytes(), stored, cost, &mut Memory::default())
    }

    #[test]
    fn hashes_are_those_of_the_reference_implementation() {
        // argon2_cffi 25.1.0 (the reference implementation in C): hash_secret(b"correct horse", b"saltsaltsaltsalt", 3, 65536, 1, 32, ID).
        let expected =
            "$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$MyVB5BkoYKpCk1wQxI1keTg5xXmngrfFuu/y18GX0fQ";
        let cost = Cost { memory_kib: 65536, iterations: 3 };
        let made = hash(b"correct horse", *b"saltsaltsaltsalt", cost, &mut Memory::default()).unwrap();
        assert_eq!(made, expected);
        assert!(verdict("correct horse", expected, cost).unwrap().matches);
    }

    #[test]
    fn only_the_right_password_matches() {
        let mut memory = Memory::default();
        let stored = hash("пароль".as_bytes(), [7; SALT_BYTES], CHEAP, &mut memory).unwrap();
        assert_eq!(verdict("пароль", &stored, CHEAP).unwrap(), Verdict { matches: true, outdated: false });
        for wrong in ["", "парол", "пароль ", "Пароль"] {
            assert!(!verdict(wrong, &stored, CHEAP).unwrap().matches, "{wrong}");
        }
    }

    #[test]
    fn memory_that_was_used_before_changes_nothing() {
        let mut memory = Memory::default();
        let of = |memory: &mut Memory, cost| hash(b"x", [1; SALT_BYTES], cost, memory).unwrap();
        let large = Cost { memory_kib: 256, iterations: 1 };
        let fresh = of(&mut Memory::default(), CHEAP);
        for _ in 0..2 {
            of(&mut memory, large);
            assert_eq!(of(&mut memory, CHEAP), fresh);
        }
        memory.release();
        assert_eq!(of(&mut memory, CHEAP), fresh);
    }

    #[test]
    fn weaker_and_older_hashes_are_outdated_and_stronger_ones_are_not() {
        let now = Cost { memory_kib: 128, iterations: 3 };
        for (memory_kib, iterations, outdated) in
            [(128, 3, false), (256, 4, false), (64, 3, true), (128, 2, true), (64, 9, true)]
        {
            let stored = hash(b"x", [1; SALT_BYTES], Cost { memory_kib, iterations }, &mut Memory::default()).unwrap();
            assert_eq!(verdict("x", &stored, now).unwrap(), Verdict { matches: true, outdated }, "{stored}");
        }
        let older = hash(b"x", [1; SALT_BYTES], now, &mut Memory::default()).unwrap().replace("argon2id", "argon2i");
        assert!(verdict("x", &older, now).unwrap().outdated);
    }

    #[test]
    fn what_is_no_hash_of_ours_is_told() {
        let good = hash(b"x", [1; SALT_BYTES], CHEAP, &mut Memory::default()).unwrap();
        for stored in [
            "",
            "x",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2id$v=19$m=64,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ",
            "$argon2id$v=19$m=64,t=2,p=1",
            &good.replace("m=64", "m=4294967295"),
            &good.replace("t=2", "t=1000000"),
            &good.replace("v=19", "v=99"),
            &good.replace("m=64", "m=0"),
        ] {
            assert!(verdict("x", stored, CHEAP).is_err(), "{stored}");
        }
    }
}
