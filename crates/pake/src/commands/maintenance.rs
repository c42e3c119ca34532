//! `pake maintenance`: what is done once in a while, as jobs.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use server::maintenance::{self, Backup, Lost};

use super::{Context, jobs, production::Production};
use crate::{
    api::own::Absent,
    cli::{Maintenance, MaintenanceCommand, Place, PutBack},
};

/// Runs `pake maintenance`.
pub async fn run(context: &Context, arguments: Maintenance) -> anyhow::Result<()> {
    let (waiting, wanted) = match &arguments.command {
        MaintenanceCommand::ClearCache(waiting) => (waiting, json!({ "action": "clear_cache" })),
        MaintenanceCommand::CleanUp(clean_up) => {
            let wanted = json!({ "action": "cleanup_old_data", "days": clean_up.days, "dry_run": clean_up.dry_run });
            (&clean_up.waiting, wanted)
        }
        MaintenanceCommand::RebuildIndexes(waiting) => (waiting, json!({ "action": "rebuild_indexes" })),
        MaintenanceCommand::BackUp(waiting) => (waiting, json!({ "action": "backup_database" })),
        MaintenanceCommand::PutBack(put_back) => return self::put_back(context, put_back).await,
        MaintenanceCommand::On(place) => return door(context, place, true).await,
        MaintenanceCommand::Off(place) => return door(context, place, false).await,
    };
    let api = context.api(&waiting.server, Absent::Refused).await?;
    let done = async {
        let begun: Value = api.post("/api/v1/admin/maintenance", &wanted).await?;
        let id = begun["job_id"].as_str().unwrap_or_default();
        if waiting.detach {
            return Ok(context.printer.data(if waiting.json { begun.to_string() } else { id.to_owned() })?);
        }
        context.printer.say(format_args!("waiting for job {id}"));
        jobs::print(&context.printer, jobs::follow(&api, id).await?, waiting.json)
    };
    let done = done.await;
    api.close().await;
    done
}

/// Says what would be lost with a copy, or puts it back.
async fn put_back(context: &Context, arguments: &PutBack) -> anyhow::Result<()> {
    let loaded = context.load()?;
    let address = loaded.config.database.url(&loaded.config.server.data_dir);
    let address = address.expose_secret();
    let file = loaded.config.server.data_dir.join(&arguments.file);
    let backup = maintenance::look(address, &file).await?;
    if arguments.yes {
        maintenance::put_back(address, &file).await?;
    }
    if arguments.json {
        return Ok(context.printer.data(serde_json::to_string(&backup)?)?);
    }
    let Backup { taken_at, lost: Lost { searches, accounts, audit }, .. } = backup;
    let since = taken_at.format("%Y-%m-%d %H:%M:%S UTC");
    let what = format!(
        "what was written since {since}: {searches} searches, {accounts} accounts, {audit} lines of the audit log"
    );
    if arguments.yes {
        context.printer.say(format_args!("put back; lost is {what}"));
        return Ok(());
    }
    anyhow::bail!("with this copy would be lost {what}. Stop every PAKE on this database, then say --yes")
}

/// Shuts the door of a production, or opens it.
async fn door(context: &Context, place: &Place, is_shut: bool) -> anyhow::Result<()> {
    let machine = Production::of(context, place)?.machine().await?;
    machine.shut(is_shut).await?;
    let now = if is_shut { "nobody is let in; `pake maintenance off` ends that" } else { "everybody is let in" };
    context.printer.say(now);
    Ok(())
}
