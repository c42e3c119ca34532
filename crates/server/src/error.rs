//! What can go wrong in the web service. How each of these looks over HTTP is decided in `http/problem.rs` and only there.

use std::{error::Error as StdError, path::PathBuf, time::Duration};

use engine::{
    query::QueryError,
    search::SetupError,
    source::{SourceError, SourceId},
};

use crate::{
    config::{InvalidConfig, Listen},
    db::{DbError, OpenError},
    mail::MailError,
    passwords::PasswordError,
    vault::{UnsealError, VaultError},
};

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No route has this path.
    #[error("there is nothing at this address")]
    NoSuchRoute,
    /// The route exists, but not with this method.
    #[error("this address does not answer to that method")]
    MethodNotAllowed,
    /// The thing asked for is not there.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// What kind of thing: `search`, `source`.
        what: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// The body is no JSON, or not of the expected shape.
    #[error("{message}")]
    InvalidBody {
        /// What is wrong and what would be right.
        message: String,
        /// Line, counted from 1; 0 when it is no matter of a place.
        line: usize,
        /// Column, counted from 1; 0 when it is no matter of a place.
        column: usize,
    },
    /// A parameter in the path, the query string or a header, or a field of the body, has a value that cannot be used.
    #[error("{name}: {message}")]
    InvalidParameter {
        /// The parameter's name.
        name: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// The query cannot be read.
    #[error(transparent)]
    InvalidQuery(#[from] QueryError),
    /// The body is of a type that is not understood.
    #[error("the body must be JSON; send it with `Content-Type: application/json`")]
    UnsupportedMediaType,
    /// The body is larger than `server.body_limit`.
    #[error("the body is larger than {limit_bytes} bytes")]
    BodyTooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// The body did not arrive in time.
    #[error("the request did not arrive within {} s", after.as_secs_f64())]
    RequestTimeout {
        /// How long was waited.
        after: Duration,
    },
    /// The answer was not ready in time.
    #[error("the answer was not ready within {} s", after.as_secs_f64())]
    AnswerTimeout {
        /// How long was waited.
        after: Duration,
    },
    /// Nobody knows who asks.
    #[error("{message}")]
    Unauthenticated {
        /// Why, and how to sign in.
        message: String,
    },
    /// Whoever asks may not.
    #[error("{message}")]
    Forbidden {
        /// Why, and what an operator does about it.
        message: String,
    },
    /// It was there and is not kept any more.
    #[error("{message}")]
    Gone {
        /// Why, and how to have it again.
        message: String,
    },
    /// It cannot be done to the thing as it is now.
    #[error("{message}")]
    Conflict {
        /// What stands against it.
        message: String,
    },
    /// Too much was asked at once.
    #[error("{message}")]
    TooMany {
        /// What there is too much of, and the limit.
        message: String,
        /// When it may be asked again.
        retry_after: Duration,
    },
    /// Something that is needed cannot be reached.
    #[error("{what} cannot be reached at the moment")]
    Unavailable {
        /// What: `the database`.
        what: &'static str,
    },
    /// A source that alone could have told did not.
    #[error("{source_id} did not answer: {error}")]
    SourceFailed {
        /// The source.
        source_id: SourceId,
        /// Why it did not.
        error: SourceError,
    },
    /// The server is about to stop.
    #[error("the server is about to stop")]
    Stopping,
    /// A handler panicked.
    #[error("panicked: {0}")]
    Panicked(String),
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

    /// Nobody knows who asks, and they have shown nothing.
    pub fn sign_in() -> Self {
        let message = "sign in first: POST /api/v1/auth/login, then send `Authorization: Bearer …`".to_owned();
        Self::Unauthenticated { message }
    }

    /// A parameter's value cannot be used.
    pub fn invalid(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidParameter { name: name.into(), message: message.into() }
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        if error.problem.is_passing() {
            tracing::warn!(%error, "a request fails for the database");
            Self::Unavailable { what: "the database" }
        } else {
            Self::internal(error)
        }
    }
}

impl From<MailError> for Error {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Address(_) => Self::invalid("email", error.to_string()),
            MailError::Refused(_) | MailError::Away(_) => {
                tracing::warn!(%error, "a mail is not sent");
                Self::Unavailable { what: "the mail server" }
            }
        }
    }
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy { retry_after } => Self::TooMany { message: error.to_string(), retry_after },
            PasswordError::TooLong => Self::invalid("password", error.to_string()),
            PasswordError::Failed(error) => Self::Internal(error),
        }
    }
}

/// The result of what can go wrong while answering.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration makes no sense.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// A setting makes no sense to the part that uses it.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The data directory cannot be made.
    #[error("cannot create the data directory {}: {source}; set server.data_dir to a place that can be written to", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The master keys cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The master key is not the one with which this database was sealed.
    #[error(
        "the master key {key} does not open what is in the database: {problem}; give the key of this database with \
         secrets.master_key, or put its file `master.key` into server.data_dir"
    )]
    MasterKey {
        /// The id of the key of this process.
        key: String,
        /// What the database says.
        problem: UnsealError,
    },
    /// Something that has to be known before the start is not.
    #[error("{0}")]
    Unknown(String),
    /// The database cannot be opened.
    #[error("database.url: {0}")]
    Database(#[from] OpenError),
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}; {remedy}")]
    Listen {
        /// The address.
        address: Listen,
        /// Why.
        source: std::io::Error,
        /// What to do.
        remedy: &'static str,
    },
}
