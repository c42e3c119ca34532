//! Which destination a command is for.

use super::{AuditCommand, Command};

impl Command {
    /// The destination that was named.
    pub fn destination(&self) -> Option<&str> {
        let place = match self {
            Self::Deploy(arguments) => &arguments.place,
            Self::Plan(arguments) => &arguments.place,
            Self::Rollback(arguments) => &arguments.place,
            Self::Releases(arguments) => &arguments.place,
            Self::Recover(arguments) => &arguments.place,
            Self::Status(arguments) => &arguments.place,
            Self::Logs(arguments) => &arguments.place,
            Self::Restart(arguments) => &arguments.place,
            Self::Stop(arguments) | Self::Start(arguments) => &arguments.place,
            Self::Audit(arguments) => match &arguments.command {
                AuditCommand::Deploys(arguments) => &arguments.place,
                AuditCommand::Verify(_) => return None,
            },
            _ => return None,
        };
        place.destination.as_deref()
    }
}
