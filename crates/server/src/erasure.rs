//! The end of an account: asked for, waited for, taken back or carried out. Afterwards nothing that is stored leads to the
//! person: the audit log keeps an id that was made by chance and that nothing else knows any more.

use std::sync::atomic::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::Caller,
    app::App,
    audit::{self, Action, Deed},
    brute_force,
    client::Client,
    error::{Error, Result},
    ownership, searches, sessions,
    store::{
        Scope, accounts,
        audit::{self as audit_log, AuditFilter, Forgotten},
        erasure,
        removal::BATCH,
        sessions::Which,
        workspaces,
    },
};

/// Names of answers in caches that are looked up; of more than that, the oldest go by themselves.
const MOST_KEYS: u32 = 10_000;
/// Most erasures at other processes that are heard of in one go; the latest ones when there are more.
const HEARD_AT_ONCE: u32 = 1_000;

/// The caller asks for their account to be deleted, and shows that it is theirs; gives when that happens.
pub async fn ask(
    app: &App,
    caller: &Caller,
    confirm: &str,
    password: Option<&SecretString>,
    client: &Client,
) -> Result<DateTime<Utc>> {
    let account = ownership::prove(app, caller, password, client).await?;
    if confirm.trim() != account.username {
        return Err(Error::invalid("confirm", "must be your name for signing in, to the letter"));
    }
    is_free(app, account.id).await?;
    let now = app.clock.now();
    let due = now + TimeDelta::days(app.config.accounts.deletion_grace_days.into());
    if !erasure::ask(&app.db, account.id, now, due).await? {
        return Err(Error::Conflict { message: "this was asked for before; it can be taken back".to_owned() });
    }
    // The one that asks stays, to take it back or to fetch the export.
    let others = caller.session().map_or(Which::All, Which::AllBut);
    sessions::end(app, account.id, others, "deletion").await?;
    audit::record(app, client, Deed::of(caller, Action::DeletionAsked).to(account.id).with(json!({ "due": due })))
        .await?;
    Ok(due)
}

/// The caller takes it back.
pub async fn cancel(app: &App, caller: &Caller, client: &Client) -> Result<()> {
    if !erasure::cancel(&app.db, caller.scope.user).await? {
        return Err(Error::Conflict { message: "nobody has asked for this account to be deleted".to_owned() });
    }
    app.departures.tell(caller.scope.user);
    audit::record(app, client, Deed::of(caller, Action::DeletionCancelled).to(caller.scope.user)).await
}

/// When the caller's account is deleted, where that was asked for.
pub async fn due_at(app: &App, caller: &Caller) -> Result<Option<DateTime<Utc>>> {
    let due = erasure::due_at(&app.db, caller.scope.user).await?;
    Ok(due.and_then(DateTime::from_timestamp_millis))
}

/// Whether nobody is left without an admin when this person goes.
pub async fn is_free(app: &App, user: Uuid) -> Result<()> {
    for (_, name, admins, others) in erasure::left_behind(&app.db, user).await? {
        if others > 0 && admins == 0 {
            let message =
                format!("the workspace \u{201c}{name}\u{201d} has others in it and no other admin: make one first");
            return Err(Error::Conflict { message });
        }
    }
    Ok(())
}

/// Deletes all that is stored about a person, now. May be called again when it was cut short.
pub async fn erase(app: &App, user: Uuid) -> Result<()> {
    is_free(app, user).await?;
    let account = accounts::by_id(&app.db, user).await?;
    sessions::end(app, user, Which::All, "deletion").await?;
    // Their searches stop before what they leave is deleted.
    forget_in_memory(app, user);
    // What is on its way into the history goes with the rest.
    searches::settle(app).await;
    let keys = erasure::cache_keys(&app.db, user, MOST_KEYS).await?;
    while erasure::searches(&app.db, user).await? > 0 {}
    searches::forget_answers(app, &keys).await;
    for (workspace, _, _, others) in erasure::left_behind(&app.db, user).await? {
        if others > 0 {
            continue;
        }
        if workspace == Scope::local().workspace {
            // It stays, for whoever comes next, as it was before anybody came.
            workspaces::reset(&app.db, workspace, app.clock.now()).await?;
        } else {
            workspaces::close(&app.db, workspace).await?;
            while workspaces::delete_searches(&app.db, workspace).await? > 0 {}
            workspaces::delete(&app.db, workspace).await?;
        }
    }
    brute_force::forget(app, &user.to_string()).await?;
    let email = account.as_ref().and_then(|account| account.email.as_deref());
    while audit_log::forget_addresses(&app.db, Forgotten::Of(user), BATCH).await? > 0 {}
    // Before the person goes: whoever is cut short here begins again, and tells it once more rather than never.
    let deed = Deed::by_nobody(Action::AccountErased).to(user);
    audit::record(app, &Client::default(), deed).await?;
    erasure::person(&app.db, user, email).await?;
    forget_in_memory(app, user);
    Ok(())
}

/// Forgets whom other processes on the same database have deleted; how many people that were. The audit log tells: it is
/// written when the searches and answers are gone, so that whoever reads of it finds none of them any more.
pub async fn hear_of_others(app: &App) -> Result<u64> {
    let filter = AuditFilter {
        action: Some(Action::AccountErased.name().to_owned()),
        after: Some(app.erasures_heard.load(Ordering::Relaxed)),
        ..AuditFilter::default()
    };
    let told = audit_log::latest(&app.db, &filter, None, HEARD_AT_ONCE).await?;
    let Some(latest) = told.first().map(|row| row.seq) else { return Ok(0) };
    let erased = told.iter().filter_map(|row| row.target.as_deref()?.parse().ok());
    erased.for_each(|user| forget_in_memory(app, user));
    // An answer does not say who asked for it.
    app.cache.clear();
    app.erasures_heard.store(latest, Ordering::Relaxed);
    Ok(told.len() as u64)
}

/// What this process remembers of a person, the kept answers excepted.
fn forget_in_memory(app: &App, user: Uuid) {
    app.searches.forget_person(user, app.clock.now());
    app.preference_book.changed();
    app.splits.forget_person(user);
    app.departures.tell(user);
}
