//! The audit log: who did what, to what, from where, with which outcome.
//!
//! Each row is signed, with a key that only the master key opens, together with the signature of the row before it. Whoever can write to the
//! database but does not have the key can neither alter a row, nor take one out, nor add one, without [`verify`] finding it.
//! No row holds a secret, or the text of a question.

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    access::Caller,
    app::App,
    client::Client,
    data_keys,
    error::Result,
    security_events::{self, Happening, Severity},
    store::audit::{self, AuditFilter, AuditRow},
    vault::Signer,
};

/// Rows that are looked at together.
const BATCH: u32 = 1_000;

/// What can be done that is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Somebody signed in, or tried to.
    SignIn,
    /// Somebody signed out.
    SignOut,
    /// A refresh token came a second time: somebody has a copy.
    RefreshReused,
    /// An account was made.
    AccountCreated,
    /// A password was changed by its owner.
    PasswordChanged,
    /// A password was set by a link.
    PasswordReset,
    /// Sessions were ended by their owner.
    SessionsEnded,
    /// An account is from now on also that of somebody at a provider of single sign-on.
    IdentityLinked,
    /// Somebody set up a second factor.
    FactorAdded,
    /// Somebody gave a second factor up.
    FactorRemoved,
    /// Somebody had new recovery codes made.
    RecoveryCodesMade,
    /// An API token was made.
    TokenCreated,
    /// An API token was taken back.
    TokenRevoked,
    /// Somebody was invited.
    InvitationCreated,
    /// An invitation was taken back.
    InvitationRevoked,
    /// A history was taken away as a file.
    HistoryExported,
    /// A whole history was deleted.
    HistoryCleared,
    /// Somebody may sign in again.
    AccountActivated,
    /// Somebody may sign in no more.
    AccountDeactivated,
    /// A password was taken away by whoever governs, and a link given for a new one.
    PasswordTaken,
    /// Why somebody is something else in a workspace.
    RoleExplained,
    /// Maintenance was begun.
    MaintenanceBegun,
    /// Settings of the sources were changed.
    SettingsChanged,
    /// A job out of the queue was told to end.
    JobCancelled,
    /// A job that had failed was put into the queue again.
    JobRetried,
    /// Everybody with an open socket was told something.
    Announced,
    /// There is a new master key, or older ones were forgotten.
    MasterKeyChanged,
    /// A workspace was made.
    WorkspaceCreated,
    /// A workspace is called something else, or its settings are others.
    WorkspaceChanged,
    /// A workspace was deleted, with all that was in it.
    WorkspaceDeleted,
    /// Somebody with an account became a member.
    MemberJoined,
    /// Somebody is something else in a workspace.
    RoleChanged,
    /// Somebody was taken out of a workspace.
    MemberRemoved,
    /// Somebody left a workspace.
    MemberLeft,
    /// Somebody wants their account deleted.
    DeletionAsked,
    /// Somebody wants their account to stay after all.
    DeletionCancelled,
    /// An account was deleted, with all that was stored about its person.
    AccountErased,
    /// Somebody wants all that is stored about them.
    ExportAsked,
    /// Somebody took it away.
    ExportTaken,
    /// A security event is dealt with.
    SecurityEventResolved,
    /// A release was deployed, or gone back to.
    Deployed,
    /// A deployment failed, and what was before it stands again.
    DeploymentFailed,
    /// A deployment stands still.
    DeploymentHalted,
    /// Somebody wants what ran before.
    RollbackAsked,
}

impl Action {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "auth.sign_in",
            Self::SignOut => "auth.sign_out",
            Self::RefreshReused => "auth.refresh_reused",
            Self::AccountCreated => "account.created",
            Self::PasswordChanged => "account.password_changed",
            Self::PasswordReset => "account.password_reset",
            Self::SessionsEnded => "auth.sessions_ended",
            Self::IdentityLinked => "account.identity_linked",
            Self::FactorAdded => "factor.added",
            Self::FactorRemoved => "factor.removed",
            Self::RecoveryCodesMade => "factor.recovery_codes_made",
            Self::TokenCreated => "token.created",
            Self::TokenRevoked => "token.revoked",
            Self::InvitationCreated => "invitation.created",
            Self::InvitationRevoked => "invitation.revoked",
            Self::HistoryExported => "history.exported",
            Self::HistoryCleared => "history.cleared",
            Self::AccountActivated => "account.activated",
            Self::AccountDeactivated => "account.deactivated",
            Self::PasswordTaken => "account.password_taken",
            Self::RoleExplained => "member.role_explained",
            Self::MaintenanceBegun => "system.maintenance",
            Self::SettingsChanged => "system.settings",
            Self::JobCancelled => "job.cancelled",
            Self::JobRetried => "job.retried",
            Self::Announced => "system.announced",
            Self::MasterKeyChanged => "system.master_key_changed",
            Self::WorkspaceCreated => "workspace.created",
            Self::WorkspaceChanged => "workspace.changed",
            Self::WorkspaceDeleted => "workspace.deleted",
            Self::MemberJoined => "member.joined",
            Self::RoleChanged => "member.role_changed",
            Self::MemberRemoved => "member.removed",
            Self::MemberLeft => "member.left",
            Self::DeletionAsked => "account.deletion_asked",
            Self::DeletionCancelled => "account.deletion_cancelled",
            Self::AccountErased => "account.erased",
            Self::ExportAsked => "account.export_asked",
            Self::ExportTaken => "account.export_taken",
            Self::SecurityEventResolved => "security.event_resolved",
            Self::Deployed => "deployment.committed",
            Self::DeploymentFailed => "deployment.rolled_back",
            Self::DeploymentHalted => "deployment.halted",
            Self::RollbackAsked => "deployment.rollback_asked",
        }
    }

    /// What it means for safety, when it was done or was refused; nothing when it is nobody's concern.
    const fn alarm(self, is_refused: bool) -> Option<(&'static str, Severity)> {
        match (self, is_refused) {
            (Self::SignIn, true) => Some(("failed_sign_in", Severity::Low)),
            (Self::RefreshReused, _) => Some(("refresh_token_reused", Severity::High)),
            (Self::PasswordChanged, false) => Some(("password_changed", Severity::Low)),
            (Self::PasswordReset | Self::PasswordTaken, false) => Some(("password_reset", Severity::Medium)),
            (Self::AccountDeactivated, false) => Some(("account_deactivated", Severity::Medium)),
            (Self::IdentityLinked, false) => Some(("identity_linked", Severity::Medium)),
            (Self::FactorAdded, false) => Some(("factor_added", Severity::Low)),
            (Self::FactorRemoved, false) => Some(("factor_removed", Severity::Medium)),
            (Self::RecoveryCodesMade, false) => Some(("recovery_codes_made", Severity::Low)),
            (Self::TokenCreated, false) => Some(("token_created", Severity::Low)),
            (Self::HistoryExported, false) => Some(("data_exported", Severity::Low)),
            (Self::ExportTaken, false) => Some(("data_exported", Severity::Medium)),
            (Self::DeletionAsked, false) => Some(("account_deletion_asked", Severity::Medium)),
            (Self::AccountErased, false) => Some(("account_erased", Severity::Medium)),
            (Self::RoleChanged, false) => Some(("role_changed", Severity::Medium)),
            (Self::RoleChanged, true) => Some(("role_change_refused", Severity::Medium)),
            (Self::MemberRemoved, false) => Some(("member_removed", Severity::Low)),
            (Self::MasterKeyChanged, false) => Some(("master_key_changed", Severity::Medium)),
            (Self::WorkspaceDeleted, false) => Some(("workspace_deleted", Severity::High)),
            _ => None,
        }
    }
}

/// Something that was done, or refused.
#[derive(Debug, Clone)]
pub struct Deed {
    action: Action,
    actor: Option<Uuid>,
    workspace: Option<Uuid>,
    target: Option<String>,
    is_refused: bool,
    details: Value,
}

impl Deed {
    /// Done by whoever this is.
    pub fn of(caller: &Caller, action: Action) -> Self {
        Self { actor: Some(caller.scope.user), workspace: Some(caller.scope.workspace), ..Self::by_nobody(action) }
    }

    /// Done by this person, before they had a session.
    pub fn by(person: Uuid, action: Action) -> Self {
        Self { actor: Some(person), ..Self::by_nobody(action) }
    }

    /// Done by somebody whom nobody knows.
    pub fn by_nobody(action: Action) -> Self {
        Self { action, actor: None, workspace: None, target: None, is_refused: false, details: json!({}) }
    }

    /// To this.
    #[must_use]
    pub fn to(self, target: impl fmt::Display) -> Self {
        Self { target: Some(target.to_string()), ..self }
    }

    /// With this to be known beside it.
    #[must_use]
    pub fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// It was tried, and refused.
    #[must_use]
    pub fn refused(self) -> Self {
        Self { is_refused: true, ..self }
    }
}

/// Writes it down; it is on disk when this is over.
pub async fn record(app: &App, client: &Client, deed: Deed) -> Result<()> {
    let happenings = happenings(&deed);
    written(app, client, deed, false).await?;
    for happening in happenings {
        security_events::raise(app, client, happening).await?;
    }
    Ok(())
}

/// Writes down what happened outside of this process and is heard of more than once: the same action to the same target stands there
/// once, however many hear of it. Gives whether it was new.
pub async fn record_once(app: &App, deed: Deed) -> Result<bool> {
    written(app, &Client::default(), deed, true).await
}

async fn written(app: &App, client: &Client, deed: Deed, is_once: bool) -> Result<bool> {
    let ip = client.ip.map(|ip| ip.to_string());
    let ip_salt = ip.as_ref().map(|_| HEXLOWER.encode(&rand::random::<[u8; 16]>()));
    let row = AuditRow {
        seq: 0,
        at: app.clock.now().timestamp_millis(),
        actor: deed.actor,
        workspace_id: deed.workspace,
        action: deed.action.name().to_owned(),
        outcome: if deed.is_refused { "refused" } else { "success" }.to_owned(),
        target: deed.target,
        ip_mark: ip_mark(ip.as_deref(), ip_salt.as_deref()),
        ip,
        ip_salt,
        request_id: client.request_id.clone(),
        details: deed.details.to_string(),
        signature: String::new(),
    };
    let signer = data_keys::audit(app).await?;
    let sign = |row: &AuditRow, before: &str| HEXLOWER.encode(&signer.sign(&message(row, before)));
    Ok(audit::append(&app.db, row, is_once, sign).await?)
}

/// What a deed means for safety. The only place where security events come from.
fn happenings(deed: &Deed) -> Vec<Happening> {
    let happening = |(event_type, severity), is_counted| Happening {
        event_type,
        severity,
        is_counted,
        workspace: deed.workspace,
        // Whoever it was done to, where that is a person.
        user: deed.actor,
        details: match &deed.target {
            Some(target) => json!({ "target": target, "about": deed.details }),
            None => json!({ "about": deed.details }),
        },
    };
    let mut happenings = Vec::new();
    let is_failed_sign_in = deed.action == Action::SignIn && deed.is_refused;
    happenings.extend(deed.action.alarm(deed.is_refused).map(|alarm| happening(alarm, is_failed_sign_in)));
    if is_failed_sign_in && !deed.details["locked_until"].is_null() {
        happenings.push(happening(("account_locked", Severity::Medium), true));
    }
    if deed.details["is_new_device"] == true {
        happenings.push(happening(("new_device", Severity::Low), false));
    }
    happenings
}

/// What is signed: every column, in a form that reads in one way only, and the signature before.
fn message(row: &AuditRow, before: &str) -> Vec<u8> {
    let AuditRow { seq, at, actor, workspace_id, action, outcome, target, ip, ip_mark, request_id, details, .. } = row;
    // The mark where there is one: addresses are forgotten after a while.
    let from = ip_mark.as_ref().or(ip.as_ref());
    json!([before, seq, at, actor, workspace_id, action, outcome, target, from, request_id, details])
        .to_string()
        .into_bytes()
}

/// Stands for an address: with its salt it can be compared, without it nothing can be found out.
fn ip_mark(ip: Option<&str>, salt: Option<&str>) -> Option<String> {
    let (ip, salt) = (ip?, salt?);
    Some(format!("b3:{}", blake3::hash(format!("{salt} {ip}").as_bytes()).to_hex()))
}

/// Whether the address, where it is not forgotten, is the one that was signed.
fn is_marked(row: &AuditRow) -> bool {
    row.ip.is_none() || row.ip_mark.is_none() || ip_mark(row.ip.as_deref(), row.ip_salt.as_deref()) == row.ip_mark
}

/// What came of looking at the whole log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Rows that are as they were written.
    pub rows: u64,
    /// The first row that is not, or is missing.
    pub broken_at: Option<i64>,
}

/// Looks whether every row is there, and as it was written.
pub async fn verify(app: &App) -> Result<Verified> {
    let signer = data_keys::audit(app).await?;
    let (mut seq, mut before, mut rows) = (0, String::new(), 0);
    loop {
        let batch = audit::after(&app.db, seq, BATCH).await?;
        for row in &batch {
            if row.seq != seq + 1 || !is_signed(signer, row, &before) {
                return Ok(Verified { rows, broken_at: Some(seq + 1) });
            }
            (seq, rows) = (row.seq, rows + 1);
            before.clone_from(&row.signature);
        }
        if batch.len() < BATCH as usize {
            break;
        }
    }
    let (last, signature) = audit::head(&app.db).await?;
    // What was added meanwhile is no gap.
    let is_whole = last > seq || (last == seq && signature == before);
    let newer = last > seq && audit::after(&app.db, seq, 1).await?.is_empty();
    Ok(Verified { rows, broken_at: (!is_whole || newer).then_some(seq + 1) })
}

fn is_signed(signer: &Signer, row: &AuditRow, before: &str) -> bool {
    let signature = HEXLOWER.decode(row.signature.as_bytes());
    is_marked(row) && signature.is_ok_and(|signature| signer.verify(&message(row, before), &signature))
}

/// Rows that meet a filter, the latest first.
pub async fn list(app: &App, filter: &AuditFilter, before: Option<i64>, most: u32) -> Result<Vec<AuditRow>> {
    Ok(audit::latest(&app.db, filter, before, most).await?)
}

/// When a row was written.
pub fn time(row: &AuditRow) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(row.at).unwrap_or_default()
}

#[cfg(test)]
mod tests;
