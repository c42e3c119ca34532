//! What somebody is given of all that is stored about them (article 15 and 20 of the GDPR): one ZIP of JSON with a page that
//! explains it, made by a job, kept sealed for a day, taken once.
//!
//! Names in the archive are ours, none is made of what people wrote; there is nothing in it that a spreadsheet would run.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures_util::{Stream, StreamExt as _, stream};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    access::Caller,
    app::{App, SharedApp},
    audit::{self, Action, Deed},
    client::Client,
    db::DbError,
    error::{Error, Result},
    history, preferences,
    queue::{self, NewJob, Outcome, Work},
    store::{
        Scope,
        exports::{self, ExportRow},
        personal,
    },
    vault::Place,
};

/// What the parts are sealed for.
pub const SEALED_FOR: &str = "personal export";
/// What the work is called in the queue.
pub const KIND: &str = "export_person";
/// How long an archive can be taken.
const GOOD_FOR: TimeDelta = TimeDelta::hours(24);
/// How long a download may take before what is left of it goes.
const DOWNLOAD: TimeDelta = TimeDelta::hours(1);
/// How long is remembered that there was an archive.
const REMEMBERED: TimeDelta = TimeDelta::days(30);
/// How much is sealed at once, in bytes.
const PART: usize = 256 << 10;
/// Files in the archive, and steps of the work.
const STEPS: u64 = 14;

/// Asks for an archive; gives the one that is being made already, if there is one.
pub async fn ask(app: &App, caller: &Caller, client: &Client) -> Result<ExportRow> {
    let user = caller.scope.user;
    let key = format!("{KIND} {user}");
    let waiting = exports::list(&app.db, user).await?.into_iter().find(|export| export.status == "waiting");
    let id = waiting.as_ref().map_or_else(|| app.ids.next(), |waiting| waiting.id);
    if waiting.is_none() {
        exports::insert(&app.db, id, user, app.clock.now()).await?;
        audit::record(app, client, Deed::of(caller, Action::ExportAsked).to(id)).await?;
    }
    // One that failed for good is tried again when somebody asks again.
    queue::enqueue(app, NewJob::new(KIND, json!({ "export": id })).of(caller.scope).once(key)).await?;
    exports::get(&app.db, user, id).await?.ok_or_else(|| no_such_export(id))
}

/// The caller's archives, the latest first.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<ExportRow>> {
    Ok(exports::list(&app.db, caller.scope.user).await?)
}

/// Takes an archive, once: its bytes, as they are read. What was read is gone.
pub async fn take(
    app: &SharedApp,
    caller: &Caller,
    id: Uuid,
    client: &Client,
) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
    let user = caller.scope.user;
    let found = exports::get(&app.db, user, id).await?.ok_or_else(|| no_such_export(id))?;
    if found.status == "waiting" {
        return Err(Error::Conflict { message: "it is still being made".to_owned() });
    }
    if !exports::take(&app.db, user, id, app.clock.now()).await? {
        return Err(Error::Gone { message: "this was taken already or is too old; ask for a new one".to_owned() });
    }
    audit::record(app, client, Deed::of(caller, Action::ExportTaken).to(id)).await?;
    Ok(stream::try_unfold((Arc::clone(app), 0), move |(app, number)| async move {
        let Some(sealed) = exports::part(&app.db, id, number).await? else {
            exports::empty(&app.db, id).await?;
            return Ok(None);
        };
        let row = row_of(id, number);
        let part = app.vault.unseal(place(&row), &sealed).map_err(Error::internal)?;
        Ok(Some((Bytes::copy_from_slice(part.expose_secret()), (app, number + 1))))
    }))
}

/// Deletes what is too old.
pub async fn expire(app: &App) -> Result<u64, DbError> {
    let now = app.clock.now();
    exports::forget(&app.db, now - REMEMBERED).await?;
    exports::expire(&app.db, now, now - DOWNLOAD).await
}

/// Makes an archive: the work of the queue.
pub async fn make(app: &SharedApp, work: &Work) -> Outcome {
    let payload: Value = work.payload()?;
    let id = payload["export"].as_str().and_then(|id| id.parse().ok());
    let (Some(id), Some(user)) = (id, work.user()) else {
        return Err(queue::Failure::Final("the payload names no export".to_owned()));
    };
    if exports::get(&app.db, user, id).await?.is_none_or(|export| export.status != "waiting") {
        return Ok(json!({ "export": id, "made": false }));
    }
    let mut archive = Archive::new(&app.config.server.data_dir)?;
    write(app, work, user, &mut archive).await?;
    let file = archive.done()?;
    let bytes = keep(app, id, file).await?;
    let now = app.clock.now();
    exports::ready(&app.db, id, bytes, now, now + GOOD_FOR).await?;
    Ok(json!({ "export": id, "made": true, "bytes": bytes }))
}

/// Everything, file by file.
async fn write(app: &SharedApp, work: &Work, user: Uuid, archive: &mut Archive) -> Result<(), queue::Failure> {
    let db = &app.db;
    let scopes = personal::scopes(db, user).await?;
    let account = personal::account(db, user).await?;
    archive.text("README.md", &readme(app.clock.now()))?;
    archive.json("data/account.json", &account)?;
    work.progress(2, Some(STEPS), "account").await?;
    archive.json("data/memberships.json", &personal::memberships(db, user).await?)?;
    archive.json("data/sessions.json", &personal::sessions(db, user).await?)?;
    archive.json("data/api_tokens.json", &personal::tokens(db, user).await?)?;
    archive.json("data/invitations.json", &personal::invitations(db, user).await?)?;
    archive.json("data/splits.json", &personal::splits(db, user).await?)?;
    archive.json("data/passkeys.json", &personal::passkeys(db, user).await?)?;
    archive.json("data/identities.json", &personal::identities(db, user).await?)?;
    work.progress(9, Some(STEPS), "sign-in").await?;
    archive.json("data/audit_log.json", &personal::deeds(db, user).await?)?;
    archive.json("data/security_events.json", &personal::events(db, user).await?)?;
    archive.json("data/exports.json", &exports::list(db, user).await?)?;
    work.progress(12, Some(STEPS), "what happened").await?;
    let of_each = preferences_of(app, &scopes).await?;
    archive.json("data/preferences.json", &of_each)?;
    work.progress(13, Some(STEPS), "history").await?;
    whole(app, work, user, &scopes, of_each, archive).await
}

async fn preferences_of(app: &App, scopes: &[Scope]) -> Result<Value> {
    let mut all = serde_json::Map::new();
    for scope in scopes {
        all.insert(scope.workspace.to_string(), json!(preferences::of(app, *scope).await?));
    }
    Ok(Value::Object(all))
}

/// `export.json` in the shape of compat.md: the whole history, written as it is read.
async fn whole(
    app: &SharedApp,
    work: &Work,
    user: Uuid,
    scopes: &[Scope],
    preferences: Value,
    archive: &mut Archive,
) -> Result<(), queue::Failure> {
    let date = app.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true);
    archive.start("export.json")?;
    archive.write(format!("{{\"export_date\":\"{date}\",\"user_id\":\"{user}\",\"search_history\":[\n").as_bytes())?;
    let mut total = 0_u64;
    let mut analytics = serde_json::Map::new();
    for scope in scopes {
        let mut pages = Box::pin(history::everything(Arc::clone(app), *scope));
        while let Some(page) = pages.next().await {
            work.go_on()?;
            for entry in page? {
                let mut entry = json!(entry);
                entry["tenant_id"] = json!(scope.workspace);
                let comma = if total == 0 { "" } else { ",\n" };
                archive.write(format!("{comma}{entry}").as_bytes())?;
                total += 1;
            }
        }
        let numbers = history::analytics(app, *scope, history::DAYS_MOST, 100).await?;
        analytics.insert(scope.workspace.to_string(), json!(numbers));
    }
    let metadata = json!({ "total_searches": total, "export_version": "1.0", "pake_version": app.version });
    let rest = format!(
        "\n],\"preferences\":{preferences},\"analytics\":{},\"metadata\":{metadata}}}\n",
        Value::Object(analytics)
    );
    archive.write(rest.as_bytes())?;
    work.progress(STEPS, Some(STEPS), "done").await
}

/// Seals an archive and keeps it; gives its size.
async fn keep(app: &App, id: Uuid, mut file: File) -> Result<i64, queue::Failure> {
    exports::empty(&app.db, id).await?;
    let mut buffer = vec![0; PART];
    let (mut number, mut bytes) = (0_i64, 0_i64);
    loop {
        let read = fill(&mut file, &mut buffer).map_err(Error::internal)?;
        if read == 0 {
            return Ok(bytes);
        }
        let row = row_of(id, number);
        let sealed = app.vault.seal(place(&row), &buffer[..read]).map_err(Error::internal)?;
        exports::add(&app.db, id, number, &sealed).await?;
        number += 1;
        bytes += i64::try_from(read).unwrap_or(i64::MAX);
    }
}

/// Reads until the buffer is full or there is no more.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

fn row_of(id: Uuid, part: i64) -> String {
    format!("{id} {part}")
}

const fn place(row: &str) -> Place<'_> {
    Place { purpose: SEALED_FOR, row }
}

/// A ZIP that is being written, into a file that has no name: nobody else can open it, and it is gone when it is closed.
struct Archive {
    zip: ZipWriter<File>,
    options: SimpleFileOptions,
}

impl Archive {
    fn new(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::internal)?;
        let file = tempfile::tempfile_in(folder).map_err(Error::internal)?;
        let options = SimpleFileOptions::default().unix_permissions(0o600);
        Ok(Self { zip: ZipWriter::new(file), options })
    }

    fn start(&mut self, name: &'static str) -> Result<()> {
        self.zip.start_file(name, self.options).map_err(Error::internal)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.zip.write_all(bytes).map_err(Error::internal)
    }

    fn text(&mut self, name: &'static str, text: &str) -> Result<()> {
        self.start(name)?;
        self.write(text.as_bytes())
    }

    fn json<T: Serialize>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.text(name, &serde_json::to_string_pretty(value).map_err(Error::internal)?)
    }

    /// The whole archive, from its beginning.
    fn done(self) -> Result<File> {
        let mut file = self.zip.finish().map_err(Error::internal)?;
        file.rewind().map_err(Error::internal)?;
        Ok(file)
    }
}

/// The page that explains the rest. Nothing that anybody wrote is in it.
fn readme(now: DateTime<Utc>) -> String {
    format!(
        "# What PAKE stores about you\n\n\
         Made on {}. Times are milliseconds since 1970-01-01 UTC, or ISO 8601 where there are letters in them.\n\n\
         | file | what is in it |\n| --- | --- |\n\
         | export.json | your searches with their tags, your preferences, your numbers |\n\
         | data/account.json | your account |\n\
         | data/memberships.json | the workspaces that you are in, and as what |\n\
         | data/sessions.json | where you signed in |\n\
         | data/api_tokens.json | your API tokens; their secrets are not stored |\n\
         | data/invitations.json | invitations that you made |\n\
         | data/splits.json | records that you said are not the same work |\n\
         | data/passkeys.json | your passkeys |\n\
         | data/identities.json | who you are for providers of single sign-on |\n\
         | data/preferences.json | what you prefer, by workspace |\n\
         | data/audit_log.json | what you did, as the audit log has it |\n\
         | data/security_events.json | what happened to your account that may matter for safety |\n\
         | data/exports.json | exports like this one |\n\n\
         Not in it: hashes of passwords and tokens, secrets of authenticator apps, and the answers of the sources, which you \
         can take away search by search (`GET /api/v1/searches/{{id}}/export`).\n\n\
         Why each of it is stored and for how long: docs/privacy.md of PAKE.\n",
        now.format("%Y-%m-%d"),
    )
}

fn no_such_export(id: Uuid) -> Error {
    Error::not_found("export", id.to_string())
}
