//! `pake audit`: who did what, in the database of this machine.

use serde_json::json;
use server::audit::verify;

use super::Context;
use crate::cli::{Audit, AuditCommand, AuditVerify};

mod deploys;

/// Runs `pake audit`.
pub async fn run(context: &Context, arguments: Audit) -> anyhow::Result<()> {
    match &arguments.command {
        AuditCommand::Verify(arguments) => whole(context, arguments).await,
        AuditCommand::Deploys(arguments) => deploys::run(context, arguments),
    }
}

async fn whole(context: &Context, arguments: &AuditVerify) -> anyhow::Result<()> {
    let app = context.application().await?;
    let found = verify(&app).await;
    app.lifecycle.stop();
    server::close(&app).await;
    let found = found?;
    if arguments.json {
        let found = json!({ "is_whole": found.broken_at.is_none(), "rows": found.rows, "broken_at": found.broken_at });
        context.printer.data(found)?;
    }
    match found.broken_at {
        Some(row) => anyhow::bail!(
            "row {row} of the audit log is missing, or is not as it was written; compare it with a backup"
        ),
        None if !arguments.json => {
            Ok(context.printer.data(format_args!("the audit log is whole: {} rows", found.rows))?)
        }
        None => Ok(()),
    }
}
