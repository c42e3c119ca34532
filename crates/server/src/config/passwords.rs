//! `[passwords]`: how passwords are hashed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Check;
use crate::passwords::{Cost, PasswordOptions};

/// Settings of password hashes (Argon2id); the section `[passwords]`. When they are raised, each hash is made anew when its
/// owner signs in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordsConfig {
    /// Memory that a hash takes, in KiB; 64 to 1048576. Less than 19456 is less than OWASP advises.
    #[schemars(range(min = 64, max = 1_048_576))]
    pub memory_kib: u32,
    /// Passes over that memory; 1 to 20.
    #[schemars(range(min = 1, max = 20))]
    pub iterations: u32,
    /// Hashes made at once, each with its own memory; 1 to 64. More than there are processors make none faster.
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: usize,
    /// Sign-ins that may wait for their hash; 1 to 1000. Who comes when it is full is told when to come back.
    #[schemars(range(min = 1, max = 1000))]
    pub queue: usize,
}

impl Default for PasswordsConfig {
    fn default() -> Self {
        Self { memory_kib: 65536, iterations: 3, concurrency: 2, queue: 32 }
    }
}

impl PasswordsConfig {
    /// How passwords are hashed.
    pub const fn options(&self) -> PasswordOptions {
        let cost = Cost { memory_kib: self.memory_kib, iterations: self.iterations };
        PasswordOptions { cost, concurrency: self.concurrency, queue: self.queue }
    }

    pub(super) fn check(&self, check: &mut Check) {
        check.within("passwords.memory_kib", self.memory_kib, 64..=1_048_576, "KiB");
        check.within("passwords.iterations", self.iterations, 1..=20, "passes");
        check.within("passwords.concurrency", self.concurrency, 1..=64, "hashes at once");
        check.within("passwords.queue", self.queue, 1..=1000, "sign-ins");
    }
}
