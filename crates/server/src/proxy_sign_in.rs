//! Signing in by what a proxy says: whoever stands before PAKE has already looked who it is, and says so in a header. Only
//! proxies that an operator has named are believed; `http/auth/proxy.rs` sees to that.

use serde_json::json;

use crate::{
    access::Role,
    accounts::folded,
    app::App,
    audit::{self, Action, Deed},
    client::Client,
    error::{Error, Result},
    sessions::{self, Issued},
    store::{
        Scope,
        accounts::{self, Account, NewAccount},
    },
};

/// Signs in whom a trusted proxy names.
pub async fn sign_in(app: &App, name: &str, client: &Client) -> Result<Issued> {
    let account = match account(app, name, client).await {
        Ok(account) => account,
        Err(error) => {
            let deed = Deed::by_nobody(Action::SignIn).refused().with(json!({ "method": "proxy" }));
            audit::record(app, client, deed).await?;
            return Err(error);
        }
    };
    sessions::begin(app, &account, "proxy", false, client).await
}

async fn account(app: &App, name: &str, client: &Client) -> Result<Account> {
    let login = folded(name).map_err(|_| Error::Unauthenticated {
        message: "the proxy names somebody by what is no name here".to_owned(),
    })?;
    match accounts::by_login(&app.db, &login).await? {
        Some(account) if account.is_active => Ok(account),
        Some(_) => Err(Error::Forbidden { message: "this account is closed; ask who administers PAKE".to_owned() }),
        None => created(app, login, client).await,
    }
}

/// A new account, where people get one.
async fn created(app: &App, login: String, client: &Client) -> Result<Account> {
    let settings = &app.config.accounts;
    if !settings.proxy_creates_accounts || !accounts::is_any(&app.db).await? {
        let message = "you have no account here yet; ask who administers PAKE for an invitation".to_owned();
        return Err(Error::Forbidden { message });
    }
    let account = NewAccount {
        id: app.ids.next(),
        name: login.clone(),
        username: login,
        email: None,
        password_hash: None,
        is_super_admin: false,
        created_at: app.clock.now(),
    };
    let member = (Scope::local().workspace, settings.proxy_role.min(Role::Admin).name());
    if accounts::create(&app.db, &account, member, None).await? {
        let deed = Deed::by(account.id, Action::AccountCreated).to(account.id);
        audit::record(app, client, deed.with(json!({ "method": "proxy" }))).await?;
    }
    // Somebody may have been faster with the same name, at another replica.
    let made = accounts::by_login(&app.db, &account.username).await?;
    made.ok_or_else(|| Error::internal("an account is gone that was made just now"))
}
