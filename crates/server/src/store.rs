//! Everything that is kept in the database. All SQL lives in this module and its children, and only here.
//!
//! What belongs to a workspace can only be reached with a [`Scope`]: there is no function without one.
#![expect(clippy::disallowed_methods, reason = "SQL lives in store/ and only there")]

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub mod accounts;
pub mod adjustments;
pub mod analytics;
pub mod answers;
pub mod api_tokens;
pub mod audit;
pub mod authenticators;
pub mod data_keys;
#[cfg(test)]
mod documented;
pub mod dump;
pub mod entry;
pub mod erasure;
pub mod exports;
pub mod favorites;
pub mod finished;
pub mod identities;
pub mod known_clients;
pub mod links;
pub mod listing;
pub mod members;
pub mod moving;
pub mod outgoing_mails;
pub mod passkeys;
pub mod people;
pub mod personal;
pub mod preferences;
pub mod putting_back;
pub mod queue;
pub mod removal;
pub mod retention;
mod rows;
pub mod sealed;
pub mod searches;
pub mod security_events;
pub mod sessions;
pub mod sign_in_attempts;
pub mod signing_keys;
pub mod spend;
pub mod splits;
mod statement;
pub mod steps;
pub mod tags;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod upkeep;
pub mod usage;
mod words;
pub mod workspaces;

/// Whose data is read or written: one person in one workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// The workspace.
    pub workspace: Uuid,
    /// The person.
    pub user: Uuid,
}

impl Scope {
    /// The one person in the one workspace that there is until somebody signs in. The first migration creates both.
    pub const fn local() -> Self {
        Self {
            workspace: Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001),
            user: Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0002),
        }
    }
}

/// A time as it is stored: milliseconds since 1970-01-01 UTC.
const fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// A stored time. A number that no calendar knows becomes its beginning: it cannot have been written by us.
fn time(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

/// The first id (UUID version 7) that a search of this time or later can have: RFC 9562 §5.7 puts the milliseconds into
/// the first 48 bits, so that ids compare as times do.
fn first_id_at(time: DateTime<Utc>) -> Uuid {
    const LAST: u128 = (1 << 48) - 1;
    let millis = u128::try_from(millis(time)).unwrap_or(0).min(LAST);
    Uuid::from_u128(millis << 80)
}

/// When the search of this id was asked, in milliseconds: the first 48 bits.
fn millis_of(id: Uuid) -> i64 {
    i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX)
}
