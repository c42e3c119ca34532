//! `/api/v1/admin/…`: for those who govern a workspace, or operate the installation.

pub mod deployments;
pub mod jobs;
pub mod maintenance;
pub mod retention;
pub mod sessions;
pub mod settings;
pub mod system;
pub mod users;

use uuid::Uuid;

use crate::{
    access::Caller,
    error::{Error, Result},
};

/// Longest text that is looked for, in characters.
const LONGEST: usize = 254;

/// The workspace that a look is limited to; nothing: all of them, for those who operate the installation.
fn workspace(caller: &Caller, wanted: Option<Uuid>) -> Result<Option<Uuid>> {
    let within = caller.within(wanted);
    if wanted.is_some() && within != wanted {
        let message = "you see your own workspace only; leave `tenant_id` out".to_owned();
        return Err(Error::Forbidden { message });
    }
    Ok(within)
}

/// A text that is looked for: short enough, and without what no database takes.
fn looked_for(name: &str, text: Option<String>) -> Result<Option<String>> {
    let is_odd = |text: &String| text.chars().count() > LONGEST || text.chars().any(char::is_control);
    if text.as_ref().is_some_and(is_odd) {
        return Err(Error::invalid(
            name,
            format!("must be at most {LONGEST} characters, none of them a control character"),
        ));
    }
    Ok(text.filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests;
