//! Who hears of a deployment beside whoever watches it: those who are told (docs/notifications.md), and PAKE itself.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context as _;
use engine::clock::{Clock as _, SystemClock};
use ops::{
    deploy::Event,
    desk::Desk,
    notify::{Herald, Notifier, NotifySettings, Places as Secrets},
    plan::Plan,
    published::Published,
};

use super::Context;
use crate::{
    cli::Place,
    config::{Places, load},
    printer::Printer,
};

/// Who hears when nobody says otherwise, seen from the folder of compose.yaml.
const SETTINGS: &str = "notify.toml";
/// What a machine is called, on Linux.
const HOST: &str = "/proc/sys/kernel/hostname";

/// Who is to hear of what is done in a production.
#[derive(Debug, Clone)]
pub struct Audience {
    /// Who deploys.
    pub by: String,
    named: Option<String>,
    folder: PathBuf,
    notify: Option<PathBuf>,
    variables: Vec<(OsString, OsString)>,
    printer: Printer,
}

/// Hears what goes on with one deployment.
pub struct Heard {
    /// Who deploys.
    pub by: String,
    notifier: Notifier,
    desk: Desk,
    /// Where PAKE itself is told.
    folder: PathBuf,
    printer: Printer,
    /// Whether it was said that PAKE cannot be told: once is enough.
    is_said: AtomicBool,
}

impl Audience {
    /// Whoever is to hear of what is done at a place, with compose.yaml in this folder.
    pub fn of(context: &Context, place: &Place, folder: &Path) -> Self {
        Self {
            by: place.by.clone().unwrap_or_else(|| whoever(context)),
            named: place.named.clone(),
            folder: folder.to_owned(),
            notify: place.notify.clone(),
            variables: context.places.variables.clone(),
            printer: context.printer.clone(),
        }
    }

    /// Begins to tell them; `sockets` is the folder that PAKE reads. What is set up wrongly is said, and keeps nobody from deploying.
    pub fn gather(&self, desk: &Desk, sockets: PathBuf) -> Heard {
        let settings = settings(&self.folder, self.notify.as_deref()).unwrap_or_else(|error| {
            self.printer.warn(format_args!("nobody is told of this deployment: {error:#}"));
            NotifySettings::default()
        });
        let variable = |name: &str| {
            let (_, value) = self.variables.iter().find(|(known, _)| known == name)?;
            value.to_str().map(str::to_owned)
        };
        let (receivers, problems) = settings.receivers(&Secrets { folder: &self.folder, variable: &variable });
        for problem in problems {
            self.printer.warn(problem);
        }
        let (by, destination, runbooks) = (self.by.clone(), self.named.clone(), settings.runbooks());
        let herald = Herald { by: by.clone(), host: host(), destination, runbooks };
        let notifier = Notifier::begin(herald, settings.occasions(), receivers, Arc::new(|| SystemClock.now()));
        let (desk, printer) = (desk.clone(), self.printer.clone());
        Heard { by, notifier, desk, folder: sockets, printer, is_said: AtomicBool::new(false) }
    }
}

impl Heard {
    /// What it is about, where another deployer began it.
    pub fn about(&self, plan: &Plan) {
        self.notifier.about(plan);
    }

    /// Something goes on.
    pub fn hear(&self, event: &Event<'_>) {
        self.notifier.hear(event);
        self.publish();
    }

    /// It is over, or could not go on.
    pub async fn end(self, error: Option<&anyhow::Error>) {
        if let Some(error) = error {
            self.notifier.broke_off(error);
        }
        self.publish();
        for line in self.notifier.end().await {
            self.printer.warn(format_args!("notify: {line}"));
        }
    }

    fn publish(&self) {
        let told = self.desk.ledger().and_then(|ledger| Published::of(&ledger, &self.desk.releases));
        if let Err(error) = told.and_then(|told| told.write(&self.folder))
            && !self.is_said.swap(true, Ordering::Relaxed)
        {
            self.printer.warn(format_args!("{error:#}"));
        }
    }
}

fn settings(folder: &Path, named: Option<&Path>) -> anyhow::Result<NotifySettings> {
    let file = folder.join(named.unwrap_or(Path::new(SETTINGS)));
    if named.is_none() && !file.exists() {
        return Ok(NotifySettings::default());
    }
    let places = Places { file: Some(file.clone()), ..Places::default() };
    Ok(load::<NotifySettings>(&places).with_context(|| file.display().to_string())?.config)
}

/// Whoever runs this: the person behind `sudo`, where there is one.
pub fn whoever(context: &Context) -> String {
    let named = |wanted: &str| {
        let (_, value) = context.places.variables.iter().find(|(name, value)| name == wanted && !value.is_empty())?;
        value.to_str().map(str::to_owned)
    };
    let name = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(named);
    name.unwrap_or_else(|| "somebody".to_owned())
}

fn host() -> String {
    std::fs::read_to_string(HOST).map_or_else(|_| "this machine".to_owned(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use ops::{
        deploy_id::DeployId,
        plan::{Migrations, Policy, Survey},
        release::{Content, Settings},
        world::Colour,
    };
    use server::deployments::Told;

    use super::*;

    #[test]
    fn what_the_deployer_publishes_pake_reads() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(&folder.path().join("state")).unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let target = Content { image: "pake:2".into(), digest: "sha256:2".into(), settings: Settings::new() };
        let migrations = Migrations::default();
        let survey = Survey { active: Some(Colour::Blue), live: None, target, migrations };
        let mut plan = Plan::new(DeployId::after(None, now), now, survey, Policy::DEPLOY);
        plan.by = Some("ada".to_owned());
        desk.begin(plan.clone(), now).unwrap();
        desk.releases.commit(&plan.release(now)).unwrap();
        Published::of(&desk.ledger().unwrap(), &desk.releases).unwrap().write(folder.path()).unwrap();
        let text = std::fs::read(folder.path().join(ops::published::FILE)).unwrap();
        let told: Told = serde_json::from_slice(&text).unwrap();
        assert_eq!(told.current.unwrap().deploy.to_string(), plan.deploy.to_string());
        assert_eq!((told.deployments[0].by.as_deref(), told.deployments[0].outcome.as_deref()), (Some("ada"), None));
        assert_eq!(told.totals.values().sum::<u64>(), 0);
    }

    #[test]
    fn the_example_of_the_documentation_is_read() {
        let document =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/notifications.md"));
        let document = document.unwrap();
        let example = document.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(SETTINGS), example).unwrap();
        let read = settings(folder.path(), None).unwrap();
        assert!(read.slack.is_some() && read.webhook.is_some() && read.mail.is_some());
        std::fs::write(folder.path().join(SETTINGS), "[slak]\n").unwrap();
        let error = format!("{:#}", settings(folder.path(), None).unwrap_err());
        assert!(error.contains("did you mean `slack`?"), "{error}");
        assert!(settings(folder.path(), Some(Path::new("gone.toml"))).is_err(), "what is named has to be there");
        assert_eq!(settings(&folder.path().join("elsewhere"), None).unwrap(), NotifySettings::default());
    }
}
