//! For whom is counted, as a few bytes that say no more than that.

use std::net::IpAddr;

use uuid::Uuid;

use super::Class;

/// For whom is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    class: Class,
    kind: Kind,
    id: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Nobody knows from where.
    Nowhere,
    Address,
    Person,
    Token,
    TokensOf,
}

impl Key {
    /// An address; all that come from nowhere are one.
    pub(super) fn address(class: Class, ip: Option<IpAddr>) -> Self {
        match ip {
            Some(IpAddr::V4(ip)) => Self { class, kind: Kind::Address, id: ip.to_ipv6_mapped().to_bits() },
            Some(IpAddr::V6(ip)) => Self { class, kind: Kind::Address, id: ip.to_bits() },
            None => Self { class, kind: Kind::Nowhere, id: 0 },
        }
    }

    /// A person who has signed in.
    pub(super) const fn person(class: Class, person: Uuid) -> Self {
        Self { class, kind: Kind::Person, id: person.as_u128() }
    }

    /// An API token.
    pub(super) const fn token(class: Class, token: Uuid) -> Self {
        Self { class, kind: Kind::Token, id: token.as_u128() }
    }

    /// All API tokens of a person.
    pub(super) const fn tokens_of(class: Class, person: Uuid) -> Self {
        Self { class, kind: Kind::TokensOf, id: person.as_u128() }
    }

    /// The same in one workspace. Ids are chosen by chance: no two come to the same.
    #[must_use]
    pub(super) const fn within(self, workspace: Uuid) -> Self {
        Self { id: self.id ^ workspace.as_u128(), ..self }
    }

    /// The key in Redis: a hash, since an address is nobody's business there.
    pub(super) fn name(&self) -> String {
        let mut hash = blake3::Hasher::new();
        hash.update(&[self.class as u8, self.kind as u8]).update(&self.id.to_be_bytes());
        let mut bytes = [0; 16];
        hash.finalize_xof().fill(&mut bytes);
        format!("pake:limit:{:032x}", u128::from_be_bytes(bytes))
    }
}
