//! `pake maintenance`: what is done once in a while, as jobs.

use serde_json::{Value, json};

use super::{Context, jobs, production::Production};
use crate::{
    api::own::Absent,
    cli::{Maintenance, MaintenanceCommand, Place},
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

/// Shuts the door of a production, or opens it.
async fn door(context: &Context, place: &Place, is_shut: bool) -> anyhow::Result<()> {
    let machine = Production::of(context, place)?.machine().await?;
    machine.shut(is_shut).await?;
    let now = if is_shut { "nobody is let in; `pake maintenance off` ends that" } else { "everybody is let in" };
    context.printer.say(now);
    Ok(())
}
