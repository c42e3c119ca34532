//! The settings that hold, for those who look at them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A setting that holds, and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EffectiveSetting {
    /// Its dotted path.
    pub setting: String,
    /// Its value; secrets are hidden.
    #[schema(value_type = Option<Object>)]
    pub value: Option<Value>,
    /// Where it was given: a file, a variable of the environment, an option, or nowhere (`default`).
    pub origin: String,
}
