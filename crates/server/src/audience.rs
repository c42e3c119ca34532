//! Whom a word is for, here and at other replicas.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    access::{Caller, Permission},
    store::Scope,
};

/// Whom a word is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody who has come in.
    Everybody,
    /// One person in one workspace.
    Person(Scope),
    /// One person, wherever they are.
    PersonAnywhere(Uuid),
    /// Whoever governs this workspace; without one, whoever operates the installation. They hear all of it.
    Governors(Option<Uuid>),
}

impl Audience {
    /// Whether this one is among them.
    pub fn has(self, caller: &Caller) -> bool {
        match self {
            Self::Everybody => true,
            Self::Person(scope) => caller.scope == scope,
            Self::PersonAnywhere(user) => caller.scope.user == user,
            Self::Governors(workspace) => {
                caller.permissions.has(Permission::AuditRead)
                    || (caller.permissions.has(Permission::AdminAccess) && workspace == Some(caller.scope.workspace))
            }
        }
    }
}
