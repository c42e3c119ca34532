//! What is stored about one person beside their history, as they are given it. Hashes and sealed secrets are nobody's to read.

use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::{Scope, statement::Statement};
use crate::db::{Db, DbError};

/// Declares rows that are selected by person and given as they are. Times are milliseconds since 1970.
macro_rules! given {
    ($($(#[doc = $doc:literal])* $row:ident, $function:ident: $sql:literal, $order:literal
        { $($(#[doc = $field_doc:literal])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, FromRow, Serialize)]
            pub struct $row {
                $($(#[doc = $field_doc])* pub $field: $kind,)*
            }

            $(#[doc = $doc])*
            pub async fn $function(db: &Db, user: Uuid) -> Result<Vec<$row>, DbError> {
                let mut statement = Statement::new($sql);
                statement.value(user).push($order);
                statement.all(db).await
            }
        )*
    };
}

given! {
    /// The account.
    AccountGiven, account: "SELECT id, name, username, email, created_at, password_changed_at, is_super_admin, \
        is_active, seen_at, deletion_asked_at, deletion_due_at FROM users WHERE id = ", ""
    {
        /// The person.
        id: Uuid,
        /// What others see.
        name: String,
        /// What they sign in with.
        username: Option<String>,
        /// Where mail reaches them.
        email: Option<String>,
        /// When it was made.
        created_at: i64,
        /// When the password was set.
        password_changed_at: Option<i64>,
        /// Whether they operate the installation.
        is_super_admin: bool,
        /// Whether they may sign in.
        is_active: bool,
        /// When they were last seen.
        seen_at: Option<i64>,
        /// When they asked for its deletion.
        deletion_asked_at: Option<i64>,
        /// When it is deleted.
        deletion_due_at: Option<i64>,
    }

    /// The workspaces that they are in.
    MembershipGiven, memberships: "SELECT m.workspace_id, w.name AS workspace, m.role, m.joined_at FROM members m \
        JOIN workspaces w ON w.id = m.workspace_id WHERE m.user_id = ", " ORDER BY m.joined_at, m.workspace_id"
    {
        /// The workspace.
        workspace_id: Uuid,
        /// What it is called.
        workspace: String,
        /// What they are in it.
        role: String,
        /// Since when.
        joined_at: i64,
    }

    /// Where they signed in.
    SessionGiven, sessions: "SELECT id, workspace_id, method, is_remembered, ip, user_agent, created_at, seen_at, \
        expires_at, ended_at, ended_by FROM sessions WHERE user_id = ", " ORDER BY created_at, id"
    {
        /// Names it.
        id: Uuid,
        /// The workspace that it was in.
        workspace_id: Uuid,
        /// How they showed who they are.
        method: String,
        /// Whether it outlived the browser.
        is_remembered: bool,
        /// From where.
        ip: Option<String>,
        /// With which program.
        user_agent: Option<String>,
        /// When it began.
        created_at: i64,
        /// When it was last seen.
        seen_at: i64,
        /// When it ends by itself.
        expires_at: i64,
        /// When it ended.
        ended_at: Option<i64>,
        /// What ended it.
        ended_by: Option<String>,
    }

    /// Their API tokens, without the secrets: those are not stored.
    TokenGiven, tokens: "SELECT id, workspace_id, name, permissions, created_at, expires_at, used_at, revoked_at \
        FROM api_tokens WHERE user_id = ", " ORDER BY created_at, id"
    {
        /// Names it.
        id: Uuid,
        /// Where it is good.
        workspace_id: Uuid,
        /// What they call it.
        name: String,
        /// What it may do.
        permissions: String,
        /// When it was made.
        created_at: i64,
        /// Until when it is good.
        expires_at: Option<i64>,
        /// When it was last used.
        used_at: Option<i64>,
        /// When it was taken back.
        revoked_at: Option<i64>,
    }

    /// Invitations that they made.
    InvitationGiven, invitations: "SELECT id, workspace_id, role, created_at, expires_at, used_at, revoked_at \
        FROM invitations WHERE invited_by = ", " ORDER BY created_at, id"
    {
        /// Names it.
        id: Uuid,
        /// Where it leads.
        workspace_id: Option<Uuid>,
        /// What the invited person becomes.
        role: Option<String>,
        /// When it was made.
        created_at: i64,
        /// Until when it is good.
        expires_at: i64,
        /// When it was used.
        used_at: Option<i64>,
        /// When it was taken back.
        revoked_at: Option<i64>,
    }

    /// Records that they said are not the same work.
    SplitGiven, splits: "SELECT workspace_id, record_a, record_b, created_at FROM splits WHERE user_id = ",
        " ORDER BY created_at, record_a, record_b"
    {
        /// The workspace.
        workspace_id: Uuid,
        /// One record.
        record_a: String,
        /// The other.
        record_b: String,
        /// When they said so.
        created_at: i64,
    }

    /// Passkeys.
    PasskeyGiven, passkeys: "SELECT id, name, created_at, used_at FROM passkeys WHERE user_id = ",
        " ORDER BY created_at, id"
    {
        /// Names it.
        id: Uuid,
        /// What they call it.
        name: String,
        /// When it was set up.
        created_at: i64,
        /// When it was last used.
        used_at: Option<i64>,
    }

    /// Who they are for providers of single sign-on.
    IdentityGiven, identities: "SELECT issuer, subject, created_at, seen_at FROM identities WHERE user_id = ",
        " ORDER BY created_at, issuer"
    {
        /// The provider.
        issuer: String,
        /// Who they are there.
        subject: String,
        /// Since when.
        created_at: i64,
        /// When it was last used.
        seen_at: i64,
    }

    /// What they did, as the audit log has it.
    DeedGiven, deeds: "SELECT seq, at, workspace_id, action, outcome, target, ip, details FROM audit_log WHERE actor = ",
        " ORDER BY seq"
    {
        /// Its number.
        seq: i64,
        /// When.
        at: i64,
        /// In which workspace.
        workspace_id: Option<Uuid>,
        /// What.
        action: String,
        /// `success` or `refused`.
        outcome: String,
        /// To what.
        target: Option<String>,
        /// From where.
        ip: Option<String>,
        /// What else is known, as JSON.
        details: String,
    }

    /// What happened to their account that may matter for safety.
    EventGiven, events: "SELECT id, workspace_id, event_type, severity, ip, user_agent, details, occurrences, created_at, \
        last_at FROM security_events WHERE user_id = ", " ORDER BY id"
    {
        /// Names it.
        id: Uuid,
        /// In which workspace.
        workspace_id: Option<Uuid>,
        /// What.
        event_type: String,
        /// How much it matters.
        severity: String,
        /// From where.
        ip: Option<String>,
        /// With which program.
        user_agent: Option<String>,
        /// What else is known, as JSON.
        details: String,
        /// How often.
        occurrences: i64,
        /// When first.
        created_at: i64,
        /// When last.
        last_at: i64,
    }
}

/// Every workspace in which a person has searches or preferences, or is a member.
pub async fn scopes(db: &Db, user: Uuid) -> Result<Vec<Scope>, DbError> {
    let mut statement = Statement::new("SELECT workspace_id FROM members WHERE user_id = ");
    statement.value(user).push(" UNION SELECT workspace_id FROM searches WHERE user_id = ").value(user);
    statement.push(" UNION SELECT workspace_id FROM preferences WHERE user_id = ").value(user).push(" ORDER BY 1");
    let found: Vec<(Uuid,)> = statement.all(db).await?;
    Ok(found.into_iter().map(|(workspace,)| Scope { workspace, user }).collect())
}
