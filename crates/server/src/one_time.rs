//! The second factor: codes of an authenticator app that are good for half a minute, and recovery codes for the day when
//! the phone is gone. Each is good once: the caller keeps what was used.

mod authenticator;
mod recovery;

pub use self::{
    authenticator::{Authenticator, NoSecret},
    recovery::{RecoveryCodes, position},
};
