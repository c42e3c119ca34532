//! What is not any more as it was when the plan was made.

use super::{Plan, Survey};

impl Plan {
    /// What has changed since, in words; nothing when the plan can be carried out.
    pub fn drift(&self, now: &Survey) -> Vec<String> {
        let then = &self.survey;
        let mut found = Vec::new();
        let mut compare = |what: &str, then: String, now: String| {
            if then != now {
                found.push(format!("{what}: {then} when the plan was made, {now} now"));
            }
        };
        let colour = |survey: &Survey| survey.active.map_or("none".to_owned(), |colour| colour.to_string());
        compare("live colour", colour(then), colour(now));
        let live = |survey: &Survey| {
            let Some(live) = &survey.live else { return "none".to_owned() };
            live.deploy.map_or_else(|| live.content.digest.clone(), |deploy| deploy.to_string())
        };
        compare("live release", live(then), live(now));
        compare("digest of the image", then.target.digest.clone(), now.target.digest.clone());
        let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        compare("steps of the database that are due", list(&then.migrations.expand), list(&now.migrations.expand));
        let changed = changes(&then.target.settings, &now.target.settings);
        if !changed.is_empty() {
            found.push(format!("settings: {} since the plan was made", changed.join(" ")));
        }
        found
    }

    /// The settings that the new release has and the live one has not (`+`), the other way round (`-`), or otherwise (`~`).
    pub fn changed_settings(&self) -> Vec<String> {
        let live = self.survey.live.as_ref().map(|live| live.content.settings.clone()).unwrap_or_default();
        changes(&live, &self.survey.target.settings)
    }
}

fn changes(from: &crate::release::Settings, to: &crate::release::Settings) -> Vec<String> {
    let gone = from.keys().filter(|name| !to.contains_key(*name)).map(|name| (name, '-'));
    let other = to.iter().filter_map(|(name, hash)| match from.get(name) {
        None => Some((name, '+')),
        Some(before) if before != hash => Some((name, '~')),
        Some(_) => None,
    });
    let mut all: Vec<_> = gone.chain(other).collect();
    all.sort();
    all.into_iter().map(|(name, sign)| format!("{sign}{name}")).collect()
}
