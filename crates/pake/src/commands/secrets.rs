//! `pake secrets`: the master keys, and what they seal in the database of this machine.

use anyhow::Context as _;
use serde_json::json;
use server::{
    app::App,
    audit::{self, Action, Deed},
    client::Client,
    secrets::{self, Sealed},
    vault::VaultError,
};

use super::Context;
use crate::cli::{Secrets, SecretsCommand, SecretsRotate, SecretsStatus};

/// Runs `pake secrets`.
pub async fn run(context: &Context, arguments: Secrets) -> anyhow::Result<()> {
    let app = context.application().await?;
    let done = match arguments.command {
        SecretsCommand::Status(arguments) => status(context, &app, &arguments).await,
        SecretsCommand::Rotate(arguments) => rotate(context, &app, &arguments).await,
    };
    app.lifecycle.stop();
    server::close(&app).await;
    done
}

async fn status(context: &Context, app: &App, arguments: &SecretsStatus) -> anyhow::Result<()> {
    let found = secrets::look(app).await?;
    let (key, older) = (app.vault.key_id(), app.vault.older_key_ids());
    if arguments.json {
        let sealed: Vec<_> = found.iter().map(as_json).collect();
        return Ok(context.printer.data(json!({ "key": key, "older_keys": older, "sealed": sealed }))?);
    }
    context.printer.data(format_args!("{key} seals"))?;
    for id in older {
        context.printer.data(format_args!("{id} opens"))?;
    }
    for sealed in &found {
        let Sealed { purpose, texts, outdated, .. } = sealed;
        context.printer.data(format_args!("{purpose}: {texts} sealed, {outdated} of them with an older key"))?;
        if let Some((count, problem)) = &sealed.unreadable {
            context.printer.warn(format_args!("{purpose}: {count} do not open: {problem}"));
        }
    }
    Ok(())
}

fn as_json(sealed: &Sealed) -> serde_json::Value {
    let unreadable = sealed.unreadable.as_ref().map_or(0, |(count, _)| *count);
    json!({ "purpose": sealed.purpose, "texts": sealed.texts, "outdated": sealed.outdated, "unreadable": unreadable })
}

async fn rotate(context: &Context, app: &App, arguments: &SecretsRotate) -> anyhow::Result<()> {
    if !arguments.forget_older {
        match app.vault.draw_key() {
            Ok(()) => context.printer.say(format_args!("{} seals from now on", app.vault.key_id())),
            // Set by the operator: it is new already, or there is nothing to do.
            Err(VaultError::IsSet) if !app.vault.older_key_ids().is_empty() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let resealed = secrets::reseal(app).await?;
    context.printer.say(format_args!("{resealed} secrets are sealed anew"));
    let unreadable: u64 =
        secrets::look(app).await?.iter().filter_map(|sealed| Some(sealed.unreadable.as_ref()?.0)).sum();
    if unreadable > 0 {
        anyhow::bail!("{unreadable} secrets do not open with any key; `pake secrets status` says which");
    }
    let done =
        json!({ "key": app.vault.key_id(), "sealed_anew": resealed, "older_are_forgotten": arguments.forget_older });
    audit::record(app, &Client::default(), Deed::by_nobody(Action::MasterKeyChanged).with(done)).await?;
    if arguments.forget_older {
        app.vault.forget_older_keys().context("the older keys are not forgotten")?;
        context.printer.say("the older keys are forgotten; keep a copy of the one that is left apart from the backups");
    } else {
        context.printer.say("copy the file of the key to every machine that shares the database, then, when each has it: `pake secrets rotate --forget-older`");
    }
    Ok(())
}
