//! Passkeys (WebAuthn): made, named, taken away; and shown, alone or after a password. An authenticator asks for a finger, a
//! face or a PIN each time, so that a passkey alone is two factors.

use data_encoding::BASE64URL_NOPAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Webauthn, WebauthnError,
};

use crate::{
    access::Caller,
    app::App,
    client::Client,
    error::{Error, Result},
    factors::{self, Method},
    ownership,
    steps::{self, Purpose},
    store::{
        accounts::{self, Account},
        passkeys::{self, NewPasskey, PasskeyRow},
    },
};

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;
/// Most passkeys of one person.
const MOST: usize = 20;

/// What is remembered while an authenticator makes a passkey.
#[derive(Debug, Serialize, Deserialize)]
struct Making {
    user: Uuid,
    state: PasskeyRegistration,
}

/// What an authenticator is asked, and what goes on with it.
#[derive(Debug)]
pub struct Question {
    /// Goes on with it.
    pub token: SecretString,
    /// What the browser hands to the authenticator.
    pub options: Value,
}

/// A passkey that was made.
#[derive(Debug)]
pub struct Made {
    /// Names it.
    pub id: Uuid,
    /// The recovery codes, when it is the first second factor: they are shown this once.
    pub codes: Vec<SecretString>,
}

fn ceremonies(app: &App) -> Result<&Webauthn> {
    app.relying_party.ceremonies().ok_or_else(|| Error::Conflict {
        message: "there are no passkeys here: they need server.base_url with https and a name".to_owned(),
    })
}

/// Asks an authenticator for a new passkey of the caller.
pub async fn ask_for_new(
    app: &App,
    caller: &Caller,
    password: Option<&SecretString>,
    client: &Client,
) -> Result<Question> {
    let ceremonies = ceremonies(app)?;
    let account = ownership::prove(app, caller, password, client).await?;
    let known = passkeys::list(&app.db, account.id).await?;
    if known.len() >= MOST {
        return Err(Error::Conflict { message: format!("you have {MOST} passkeys already; take one away first") });
    }
    let known = known.iter().map(|row| Ok(opened(row)?.cred_id().clone())).collect::<Result<Vec<_>>>()?;
    let asked = ceremonies.start_passkey_registration(account.id, &account.username, &account.name, Some(known));
    let (options, state) = asked.map_err(Error::internal)?;
    let mut options = serde_json::to_value(options).map_err(Error::internal)?;
    // One that is found without a name being typed.
    if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
        selection["residentKey"] = json!("required");
        selection["requireResidentKey"] = json!(true);
    }
    let making = Making { user: account.id, state };
    let token = steps::begin(app, Purpose::NewPasskey, Some(account.id), &making).await?;
    Ok(Question { token, options })
}

/// Keeps the passkey that an authenticator has made.
pub async fn keep(
    app: &App,
    caller: &Caller,
    token: &SecretString,
    name: &str,
    made: &RegisterPublicKeyCredential,
    client: &Client,
) -> Result<Made> {
    let name = checked(name)?;
    let making: Making = taken(app, Purpose::NewPasskey, token).await?;
    if making.user != caller.scope.user {
        return Err(over());
    }
    let passkey =
        ceremonies(app)?.finish_passkey_registration(made, &making.state).map_err(|error| not_good(&error))?;
    let had_none = factors::of(app, making.user).await?.methods().is_empty();
    let credential = serde_json::to_string(&passkey).map_err(Error::internal)?;
    let new = NewPasskey {
        id: app.ids.next(),
        user: making.user,
        credential_id: &BASE64URL_NOPAD.encode(passkey.cred_id()),
        credential: &credential,
        name,
        created_at: app.clock.now(),
    };
    if !passkeys::insert(&app.db, &new).await? {
        return Err(Error::Conflict { message: "this passkey is somebody's already".to_owned() });
    }
    let codes = if had_none { factors::first_codes(app, making.user).await? } else { Vec::new() };
    factors::added(app, caller, Method::Passkey, client).await?;
    Ok(Made { id: new.id, codes })
}

/// The caller's passkeys.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<PasskeyRow>> {
    Ok(passkeys::list(&app.db, caller.scope.user).await?)
}

/// Calls a passkey of the caller something else.
pub async fn rename(app: &App, caller: &Caller, id: Uuid, name: &str) -> Result<()> {
    let name = checked(name)?;
    if passkeys::rename(&app.db, caller.scope.user, id, name).await? { Ok(()) } else { Err(unknown(id)) }
}

/// Takes a passkey of the caller away.
pub async fn remove(
    app: &App,
    caller: &Caller,
    id: Uuid,
    password: Option<&SecretString>,
    client: &Client,
) -> Result<()> {
    let account = ownership::prove(app, caller, password, client).await?;
    if !passkeys::remove(&app.db, account.id, id).await? {
        return Err(unknown(id));
    }
    factors::removed(app, caller, Method::Passkey, client).await
}

/// Asks an authenticator for any passkey of ours.
pub async fn ask(app: &App) -> Result<Question> {
    let (options, state) = ceremonies(app)?.start_discoverable_authentication().map_err(Error::internal)?;
    let mut options = serde_json::to_value(options).map_err(Error::internal)?;
    // Whether it is asked for in a window of its own or in a field is the page's choice.
    if let Some(options) = options.as_object_mut() {
        options.remove("mediation");
    }
    let token = steps::begin(app, Purpose::Passkey, None, &state).await?;
    Ok(Question { token, options })
}

/// Whose passkey was shown. The question is used up, whatever comes of it.
pub async fn owner(app: &App, token: &SecretString, shown: &PublicKeyCredential) -> Result<Account> {
    let state: DiscoverableAuthentication = taken(app, Purpose::Passkey, token).await?;
    let ceremonies = ceremonies(app)?;
    let named = ceremonies.identify_discoverable_authentication(shown).map_err(|error| not_good(&error));
    let (user, credential_id) = named?;
    let row = passkeys::find(&app.db, user, &BASE64URL_NOPAD.encode(credential_id)).await?;
    let row = row.ok_or_else(|| not_good(&WebauthnError::CredentialNotFound))?;
    let mut passkey = opened(&row)?;
    let found = ceremonies.finish_discoverable_authentication_v2(shown, state, &passkey);
    let found = found.map_err(|error| {
        if matches!(error, WebauthnError::CredentialPossibleCompromise) {
            tracing::warn!(%user, passkey = %row.id, "the counter of a passkey goes backwards: somebody may have a copy");
        }
        not_good(&error)
    })?;
    passkey.update_credential(&found);
    let credential = serde_json::to_string(&passkey).map_err(Error::internal)?;
    if !passkeys::used(&app.db, &row, &credential, app.clock.now()).await? {
        return Err(over());
    }
    let account = accounts::by_id(&app.db, user).await?.filter(|account| account.is_active);
    account.ok_or_else(|| not_good(&WebauthnError::CredentialNotFound))
}

/// What is remembered of a question, which is used up.
async fn taken<T: serde::de::DeserializeOwned>(app: &App, purpose: Purpose, token: &SecretString) -> Result<T> {
    let state = steps::look(app, purpose, token).await?.ok_or_else(over)?;
    if steps::finish(app, purpose, token).await? { Ok(state) } else { Err(over()) }
}

fn opened(row: &PasskeyRow) -> Result<Passkey> {
    serde_json::from_str(&row.credential).map_err(Error::internal)
}

fn checked(name: &str) -> Result<&str> {
    let name = name.trim();
    if (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    Err(Error::invalid("name", format!("must be one line of 1 to {LONGEST_NAME} characters")))
}

fn unknown(id: Uuid) -> Error {
    Error::not_found("passkey", id.to_string())
}

fn over() -> Error {
    Error::Unauthenticated { message: "this took too long or was used already; begin again".to_owned() }
}

fn not_good(error: &WebauthnError) -> Error {
    tracing::debug!(?error, "a passkey is not believed");
    Error::Unauthenticated {
        message: "this passkey is not one of PAKE's, or was not shown to PAKE; try again".to_owned(),
    }
}
