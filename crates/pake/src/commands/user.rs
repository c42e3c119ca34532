//! `pake user`: the people who can sign in, in the database of this machine.

use std::io::{IsTerminal as _, Read as _};

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use server::{
    accounts::{self, Person},
    app::SharedApp,
    passwords,
    store::{accounts::by_login, links::Purpose},
};

mod list;

use super::Context;
use crate::cli::{User, UserAdd, UserCommand, UserReset};

/// Longest password that is read from standard input, in bytes.
const LONGEST: u64 = 4_096;

/// Runs `pake user`.
pub async fn run(context: &Context, arguments: User) -> anyhow::Result<()> {
    if let UserCommand::List(arguments) = &arguments.command {
        return list::run(context, arguments).await;
    }
    let app = context.application().await?;
    let done = match arguments.command {
        UserCommand::Add(arguments) => add(context, &app, arguments).await,
        // Above.
        UserCommand::List(_) => Ok(()),
        UserCommand::Reset(arguments) => reset(context, &app, &arguments).await,
    };
    app.lifecycle.stop();
    server::close(&app).await;
    done
}

async fn add(context: &Context, app: &SharedApp, arguments: UserAdd) -> anyhow::Result<()> {
    let password = if arguments.generate {
        passwords::generate(20, &mut rand::rng()).context("cannot make a password")?
    } else if arguments.password_stdin {
        from_input()?
    } else {
        from_terminal()?
    };
    let UserAdd { username, email, name, role, generate, .. } = arguments;
    let person = Person { username, email, name, password: password.clone() };
    let account = accounts::add(app, person, role).await?;
    let what = if account.is_super_admin { "super_admin" } else { role.name() };
    context.printer.say(format_args!("{} can sign in now, as {what}", account.username));
    if generate {
        context.printer.data(password.expose_secret())?;
    }
    Ok(())
}

async fn reset(context: &Context, app: &SharedApp, arguments: &UserReset) -> anyhow::Result<()> {
    let login = accounts::folded(&arguments.username)?;
    let account = by_login(&app.db, &login).await?;
    let account = account.with_context(|| format!("nobody signs in as `{login}`; `pake user add` makes an account"))?;
    let secret = accounts::offer_reset(app, &account).await?;
    context.printer.say(format_args!("{} sets a new password here, within an hour:", account.username));
    context.printer.data(accounts::link_to(app, &app.config.server.listen, Purpose::Reset, &secret))?;
    Ok(())
}

fn from_input() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    std::io::stdin().take(LONGEST).read_to_string(&mut text).context("cannot read the password")?;
    // What `echo` adds is no part of it.
    Ok(text.strip_suffix('\n').unwrap_or(&text).into())
}

fn from_terminal() -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        anyhow::bail!("there is no terminal to ask for a password; give --generate or --password-stdin");
    }
    let first: SecretString = rpassword::prompt_password("Password: ").context("cannot read the password")?.into();
    let again: SecretString = rpassword::prompt_password("Once more: ").context("cannot read the password")?.into();
    if first.expose_secret() != again.expose_secret() {
        anyhow::bail!("the two are not the same; nothing was changed");
    }
    Ok(first)
}
