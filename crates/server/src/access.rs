//! Who may do what: roles, permissions, and whoever asks. Nothing here knows where any of it is kept.
//!
//! Names are those of the earlier system (compat.md §4.4).

use std::{fmt, str::FromStr, sync::Arc};

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};
use uuid::Uuid;

use crate::{limits::OwnLimits, store::Scope};

/// Makes an enum whose variants have a name each, in one place.
macro_rules! named {
    ($(#[$meta:meta])* $kind:ident { $($(#[doc = $doc:literal])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $kind {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)*
        }

        impl $kind {
            /// All of them.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        // Not derived: names that come from a macro are none to utoipa.
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                let described = <Self as JsonSchema>::json_schema(&mut SchemaGenerator::default());
                let text = described.get("description").and_then(|text| text.as_str()).unwrap_or_default().to_owned();
                let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$($name),*]));
                names.description(Some(text)).into()
            }
        }

        impl ToSchema for $kind {}

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $kind {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.into_iter().find(|each| each.name() == text).ok_or_else(|| {
                    format!("`{}` is none of {}", text.chars().take(40).collect::<String>(), [$($name),*].join(", "))
                })
            }
        }
    };
}

named! {
    /// One thing that somebody may do.
    Permission {
        /// Search, follow searches, read one's own history.
        SearchRead = "search:read",
        /// Change one's own history and how works are merged.
        SearchWrite = "search:write",
        /// Read and delete the searches of others in the workspace.
        SearchManage = "search:manage",
        /// See how the workspace is used.
        AnalyticsRead = "analytics:read",
        /// Take the numbers of the workspace away.
        AnalyticsExport = "analytics:export",
        /// See one's own profile and preferences.
        ProfileRead = "profile:read",
        /// Change one's own profile and preferences.
        ProfileUpdate = "profile:update",
        /// See the people of the workspace.
        UserRead = "user:read",
        /// Invite people and make accounts.
        UserCreate = "user:create",
        /// Change the accounts of others.
        UserUpdate = "user:update",
        /// Delete the accounts of others.
        UserDelete = "user:delete",
        /// See the workspace and its settings.
        TenantRead = "tenant:read",
        /// Change the workspace and its settings.
        TenantUpdate = "tenant:update",
        /// Make workspaces.
        TenantCreate = "tenant:create",
        /// Delete workspaces.
        TenantDelete = "tenant:delete",
        /// See the administration.
        AdminAccess = "admin:access",
        /// Read the audit log, and the security events of every workspace.
        AuditRead = "audit:read",
        /// Operate the whole installation.
        SystemManage = "system:manage",
    }
}

named! {
    /// What somebody is in a workspace; `super_admin` is one in all of them.
    #[derive(utoipa::ToResponse)]
    Role {
        /// Sees only.
        Viewer = "viewer",
        /// Works.
        User = "user",
        /// Looks after people.
        Manager = "manager",
        /// Governs a workspace.
        Admin = "admin",
        /// Operates the installation.
        SuperAdmin = "super_admin",
    }
}

impl Permission {
    /// Whether it is about governing others, not one's own work: limited to `server.admin_networks`.
    pub const fn is_administration(self) -> bool {
        match self {
            Self::SearchRead
            | Self::SearchWrite
            | Self::AnalyticsRead
            | Self::ProfileRead
            | Self::ProfileUpdate
            | Self::TenantRead => false,
            Self::SearchManage
            | Self::AnalyticsExport
            | Self::UserRead
            | Self::UserCreate
            | Self::UserUpdate
            | Self::UserDelete
            | Self::TenantUpdate
            | Self::TenantCreate
            | Self::TenantDelete
            | Self::AdminAccess
            | Self::AuditRead
            | Self::SystemManage => true,
        }
    }
}

impl Role {
    /// What it may do in a workspace where whoever is at least `invites_from` may invite.
    pub fn permissions_where(self, invites_from: Self) -> Permissions {
        let permissions = self.permissions();
        if self >= invites_from {
            permissions.with(Permission::UserCreate)
        } else {
            permissions.without(Permission::UserCreate)
        }
    }

    /// What it may do.
    pub fn permissions(self) -> Permissions {
        use Permission as P;
        const VIEWER: &[P] = &[P::SearchRead, P::ProfileRead];
        const USER: &[P] = &[P::SearchWrite, P::ProfileUpdate];
        const MANAGER: &[P] = &[P::UserRead, P::UserUpdate, P::AnalyticsRead];
        const ADMIN: &[P] =
            &[P::TenantRead, P::TenantUpdate, P::UserCreate, P::SearchManage, P::AnalyticsExport, P::AdminAccess];
        const SUPER_ADMIN: &[P] = &[P::UserDelete, P::TenantCreate, P::TenantDelete, P::AuditRead, P::SystemManage];
        // Each role may all that the one before it may.
        let layers = [VIEWER, USER, MANAGER, ADMIN, SUPER_ADMIN];
        layers.into_iter().take(self as usize + 1).flatten().copied().collect()
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u32);

impl Permissions {
    /// Whether this one is among them.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// Those that are in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission as u32)
    }

    /// These without one.
    #[must_use]
    pub const fn without(self, permission: Permission) -> Self {
        Self(self.0 & !(1 << permission as u32))
    }

    /// Whether all of these are among `other`.
    pub const fn are_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Each of them, in the order in which they are declared.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.has(*permission))
    }

    /// Their names.
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Permission::name).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |set, permission| set | 1 << permission as u32))
    }
}

/// How whoever asks has shown who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Not at all: there are no accounts yet.
    Local,
    /// By a session.
    Session(Uuid),
    /// By an API token.
    Token(Uuid),
}

/// Whoever asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// The person, and the workspace in which they ask.
    pub scope: Scope,
    /// The person's name for signing in.
    pub username: String,
    /// What they are in the workspace.
    pub role: Role,
    /// What they may do, this way.
    pub permissions: Permissions,
    /// Whether their account is about to be deleted: they may take that back and fetch their export, and nothing else.
    pub is_leaving: bool,
    /// How much they may ask, where their workspace says so.
    pub limits: Option<Arc<OwnLimits>>,
    /// How they have shown who they are.
    pub via: Via,
    /// Whether the database was away and this is as it was known a moment before: they may ask and read searches, nothing else.
    pub is_remembered: bool,
}

impl Caller {
    /// The one person that there is until there are accounts: may everything.
    pub fn local() -> Self {
        let role = Role::SuperAdmin;
        let username = "local".to_owned();
        Self {
            scope: Scope::local(),
            username,
            role,
            permissions: role.permissions(),
            is_leaving: false,
            limits: None,
            via: Via::Local,
            is_remembered: false,
        }
    }

    /// The workspace that the caller sees; nothing: all of them. Who operates the installation may choose one; a token sees the
    /// one that it is bound to.
    pub fn within(&self, wanted: Option<Uuid>) -> Option<Uuid> {
        let sees_all = self.role == Role::SuperAdmin && !matches!(self.via, Via::Token(_));
        if sees_all { wanted } else { Some(self.scope.workspace) }
    }

    /// The session, when they have signed in.
    pub const fn session(&self) -> Option<Uuid> {
        match self.via {
            Via::Session(id) => Some(id),
            Via::Local | Via::Token(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_all_that_the_one_below_may_and_more() {
        for (lower, higher) in Role::ALL.into_iter().zip(Role::ALL.into_iter().skip(1)) {
            assert!(lower.permissions().are_within(higher.permissions()), "{lower} {higher}");
            assert_ne!(lower.permissions(), higher.permissions());
        }
        assert_eq!(Role::SuperAdmin.permissions().iter().count(), Permission::ALL.len());
    }

    #[test]
    fn a_viewer_changes_nothing_and_only_who_operates_the_installation_reads_the_audit() {
        assert_eq!(Role::Viewer.permissions().names(), ["search:read", "profile:read"]);
        assert!(!Role::Admin.permissions().has(Permission::AuditRead));
        assert!(Role::SuperAdmin.permissions().has(Permission::AuditRead));
        assert!(!Role::User.permissions().has(Permission::UserRead));
    }

    #[test]
    fn a_workspace_says_who_may_invite_and_nothing_else() {
        let invites = |role: Role, from| role.permissions_where(from).has(Permission::UserCreate);
        assert!(invites(Role::Manager, Role::Manager) && !invites(Role::User, Role::Manager));
        assert!(!invites(Role::Admin, Role::SuperAdmin) && invites(Role::SuperAdmin, Role::SuperAdmin));
        for role in Role::ALL {
            assert_eq!(role.permissions_where(Role::Admin), role.permissions());
        }
    }

    #[test]
    fn names_are_read_as_they_are_written_and_others_are_answered_with_the_list() {
        for permission in Permission::ALL {
            assert_eq!(permission.name().parse(), Ok(permission));
        }
        let error = "root".parse::<Role>().unwrap_err();
        assert_eq!(error, "`root` is none of viewer, user, manager, admin, super_admin");
    }
}
