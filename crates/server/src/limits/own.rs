//! How much a workspace lets its people ask, where that is not as the configuration says.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Class;

/// How much each person of a workspace may ask; what is missing is as the configuration says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OwnLimits {
    /// Searches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<Rate>,
    /// Everything else that only reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<Rate>,
    /// Changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write: Option<Rate>,
    /// Exports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<Rate>,
    /// What makes PAKE send a mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<Rate>,
}

/// So many at once, and so many a second in the long run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// A second, in the long run; more than 0.
    #[schema(example = 1.0, exclusive_minimum = 0)]
    pub rate: f64,
    /// At once; 1 to 10000.
    #[schema(example = 10, minimum = 1, maximum = 10_000)]
    pub burst: u32,
}

impl OwnLimits {
    /// What is set for a class. How often an address tries to sign in is no matter of a workspace.
    pub const fn of(&self, class: Class) -> Option<Rate> {
        match class {
            Class::SignIn => None,
            Class::Mail => self.mail,
            Class::Search => self.search,
            Class::Read => self.read,
            Class::Write => self.write,
            Class::Export => self.export,
        }
    }
}
