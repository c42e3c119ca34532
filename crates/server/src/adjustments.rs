//! Settings of the sources that an operator changes while PAKE serves: whom they may write to, which are asked, their keys,
//! the feeds. What the configuration says wins: what is written in a file is nobody's to change from a browser.
//!
//! Where a source is (`base_url`) is not among them: whoever decides where this machine sends requests operates the machine.

use std::collections::BTreeMap;

use engine::{clock::SharedClock, config::SetupError, search::Engine};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::{
    access::Caller,
    app::App,
    audit::{self, Action, Deed},
    client::Client,
    config::EffectiveSetting,
    current_engine::{Adjustments, Name, Now},
    error::{Error, Result},
    spend, store,
    vault::Place,
};

#[cfg(test)]
mod tests;

/// What they are sealed for.
pub const SEALED_FOR: &str = "adjustments";
/// The one row: those of the sources.
const ROW: &str = "sources";
/// How often is tried again when others change them at the same time.
const ATTEMPTS: usize = 5;

/// One that can be changed, and how it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjustable {
    /// Which.
    pub name: Name,
    /// Its value; none of a key.
    pub value: Option<Value>,
    /// Whether it has a value.
    pub is_set: bool,
    /// Who set it.
    pub origin: Origin,
}

/// Who set a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdjustmentOrigin)]
pub enum Origin {
    /// Nobody.
    Default,
    /// An operator, while PAKE served.
    Adjusted,
    /// The configuration: it is changed there only.
    Configured,
}

/// All that can be changed.
pub fn list(app: &App) -> Vec<Adjustable> {
    let current = &app.current_engine;
    let adjusted = current.adjusted();
    let (configured, config) = (current.configured(), current.config());
    let one = |name: Name| {
        let origin = match (name.is_given(configured), adjusted.contains_key(&name)) {
            (true, _) => Origin::Configured,
            (false, true) => Origin::Adjusted,
            (false, false) => Origin::Default,
        };
        Adjustable { name, value: name.shown(&config), is_set: name.is_given(&config), origin }
    };
    Name::all().map(one).collect()
}

/// Those that an operator set, for those who look at the settings that hold.
pub fn effective(app: &App) -> impl Iterator<Item = EffectiveSetting> {
    list(app).into_iter().filter(|one| one.origin == Origin::Adjusted).map(|Adjustable { name, value, .. }| {
        let value = value.or_else(|| Some(Value::from("********")));
        EffectiveSetting { setting: name.to_string(), value, origin: "the administration".to_owned() }
    })
}

/// Changes those that are named: a value sets one, `null` takes its value away. Either all of it holds, or nothing.
pub async fn change(app: &App, caller: &Caller, client: &Client, wanted: &BTreeMap<String, Value>) -> Result<()> {
    if wanted.is_empty() {
        return Err(Error::invalid("settings", "say which are to change, and to what"));
    }
    let mut changes = Vec::new();
    for (text, value) in wanted {
        let name: Name = text.parse().map_err(|problem: String| Error::invalid(text.clone(), problem))?;
        if name.is_given(app.current_engine.configured()) {
            let message = format!("{name} is set in the configuration of this server, which wins; change it there");
            return Err(Error::Conflict { message });
        }
        changes.push((name, name.checked(value).map_err(|problem| Error::invalid(text.clone(), problem))?));
    }
    for _ in 0..ATTEMPTS {
        let (version, mut adjusted) = read(app).await?;
        for (name, value) in &changes {
            match value {
                Some(value) => adjusted.insert(*name, value.clone()),
                None => adjusted.remove(name),
            };
        }
        // Whether the engine can be made of them, before they are kept.
        let engine = made(app, &adjusted).map_err(|problem| Error::invalid(problem.setting, problem.message))?;
        let settings = serde_json::to_vec(&adjusted).map_err(Error::internal)?;
        let sealed = app.vault.seal(PLACE, &settings).map_err(Error::internal)?;
        if store::adjustments::put(&app.db, ROW, version, &sealed, app.clock.now()).await? {
            hand_over(app, Now { version: version + 1, adjusted, engine }).await?;
            let names: Vec<_> = wanted.keys().collect();
            return audit::record(
                app,
                client,
                Deed::of(caller, Action::SettingsChanged).with(json!({ "settings": names })),
            )
            .await;
        }
    }
    Err(Error::Conflict { message: "others change the settings at the same time; try again".to_owned() })
}

/// Takes up what was changed before this process began, or at another one; gives whether there was anything.
pub async fn hear_of_others(app: &App) -> Result<u64> {
    if store::adjustments::version(&app.db, ROW).await? == app.current_engine.version() {
        return Ok(0);
    }
    let (version, adjusted) = read(app).await?;
    let now = match made(app, &adjusted) {
        Ok(engine) => Now { version, adjusted, engine },
        // They held once: the configuration has changed since. What it says holds.
        Err(problem) => {
            tracing::error!(%problem, "the settings that an operator changed do not go with the configuration; they are left out");
            let engine = app.current_engine.get();
            Now { version, adjusted: Adjustments::new(), engine }
        }
    };
    hand_over(app, now).await?;
    Ok(1)
}

const PLACE: Place<'static> = Place { purpose: SEALED_FOR, row: ROW };

/// Those that are kept, and their version. What a later PAKE knows and this one does not is passed over.
async fn read(app: &App) -> Result<(i64, Adjustments)> {
    let Some((version, sealed)) = store::adjustments::get(&app.db, ROW).await? else {
        return Ok((0, Adjustments::new()));
    };
    let settings = app.vault.unseal(PLACE, &sealed).map_err(Error::internal)?;
    let settings: BTreeMap<String, Value> =
        serde_json::from_slice(settings.expose_secret()).map_err(Error::internal)?;
    let known = settings.into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value)));
    Ok((version, known.collect()))
}

fn made(app: &App, adjusted: &Adjustments) -> Result<Engine, SetupError> {
    Engine::new(&app.current_engine.config_with(adjusted), crate::VERSION, SharedClock::clone(&app.clock))
}

/// The new engine goes on where the old one was: what was spent today stays spent.
async fn hand_over(app: &App, now: Now) -> Result<()> {
    spend::write(app).await?;
    app.current_engine.set(now);
    spend::learn(app).await?;
    Ok(())
}
