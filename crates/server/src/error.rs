//! What can go wrong in the web service. How each of these looks over HTTP is decided in `http/problem.rs` and only there.

use std::error::Error as StdError;

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The thing asked for is not there.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// What kind of thing: `search`, `source`.
        what: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// A parameter in the path, the query string or a header, or a field of the body, has a value that cannot be used.
    #[error("{name}: {message}")]
    InvalidParameter {
        /// The parameter's name.
        name: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// Something that is needed cannot be reached.
    #[error("{what} cannot be reached at the moment")]
    Unavailable {
        /// What: `the database`.
        what: &'static str,
    },
    /// Anything that is our fault. Its text is logged and never sent.
    #[error("{0}")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// Our own fault; `error` is logged and never sent.
    pub fn internal(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    /// There is no such thing.
    pub fn not_found(what: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound { what, id: id.into() }
    }

    /// A parameter's value cannot be used.
    pub fn invalid(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidParameter { name: name.into(), message: message.into() }
    }
}

/// The result of what can go wrong while answering.
pub type Result<T, E = Error> = std::result::Result<T, E>;
