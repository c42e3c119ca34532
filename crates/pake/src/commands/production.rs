//! A production in containers, as commands reach it: its desk, its machine, and a deployer at work.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use ops::{
    backup::Backups,
    deploy::{Deployer, Ended},
    deploy_id::DeployId,
    desk::{Desk, Taken},
    lock::{Holder, Lock},
    machine::{Machine, Real, Site},
    plan::{Plan, Policy},
    progress::{Direction, Ending},
    transition::{Seen, unasked},
};
use tokio::signal::unix::{SignalKind, signal};

use super::{
    Context,
    heard::{Audience, Heard},
};
use crate::{
    cli::{Image, Place},
    telling::Teller,
};

/// Where the engine listens when nobody says otherwise.
const ENGINE: &str = "/var/run/docker.sock";
/// Says otherwise, as Docker's own programs have it.
const ENGINE_VARIABLE: &str = "DOCKER_HOST";
/// The settings of a production.
const SETTINGS: &str = ".env.production";
/// How often what is told is drawn anew.
const TURN: Duration = Duration::from_millis(200);

/// A production.
pub struct Production {
    /// The folder of its deployers.
    pub desk: Desk,
    /// Who is to hear of what is done here.
    pub audience: Audience,
    site: Site,
}

/// What a deployer does.
pub enum Work {
    /// Carries a plan out.
    Begin(Box<Plan>),
    /// Takes up what another one left.
    TakeUp(Box<Taken>, Direction),
}

/// The folder of compose.yaml.
fn folder(place: &Place) -> PathBuf {
    let usual = || if Path::new("deploy/compose.yaml").is_file() { "deploy" } else { "." }.into();
    place.folder.clone().unwrap_or_else(usual)
}

/// The folder of the journals, which has to be there: nothing is made by looking.
pub fn desk(place: &Place) -> anyhow::Result<Desk> {
    let state = state(place);
    ensure!(
        state.is_dir(),
        "nothing was deployed from {} yet; name another folder with --folder or --state",
        folder(place).display()
    );
    Desk::at(&state)
}

fn state(place: &Place) -> PathBuf {
    place.state.clone().unwrap_or_else(|| folder(place).join("state"))
}

impl Production {
    /// The production at this place.
    pub fn of(context: &Context, place: &Place) -> anyhow::Result<Self> {
        let folder = folder(place);
        for file in &place.compose_file {
            ensure!(
                folder.join(file).is_file(),
                "there is no {} in {}: name the folder of the production with --folder, or work in it",
                file.display(),
                folder.display()
            );
        }
        ensure!(
            folder.join(SETTINGS).is_file(),
            "there is no {SETTINGS} in {0}: `pake env init {0}` writes it",
            folder.display()
        );
        let state = state(place);
        let engine = context.places.variables.iter().find(|(name, _)| name == ENGINE_VARIABLE);
        let engine = engine.and_then(|(_, value)| value.to_str()).filter(|value| !value.is_empty());
        let engine = match engine {
            Some(address) => address.strip_prefix("unix://").with_context(|| {
                format!("{ENGINE_VARIABLE} is {address}: a deployment needs the engine of this machine, at its socket")
            })?,
            None => ENGINE,
        };
        let audience = Audience::of(context, place, &folder);
        let site = Site {
            folder,
            compose: place.compose_file.clone(),
            engine: engine.to_owned(),
            edge: None,
            backups: Backups::at(&state.join("backups")),
        };
        Ok(Self { desk: Desk::at(&state)?, audience, site })
    }

    /// Reaches the machine.
    pub async fn machine(&self) -> anyhow::Result<Real> {
        Real::open(self.site.clone()).await
    }

    /// Begins to tell whoever is to hear.
    pub async fn heard(&self, machine: &Real) -> anyhow::Result<Heard> {
        Ok(self.audience.gather(&self.desk, machine.sockets().await?))
    }

    /// Takes the lock; nobody else deploys as long as it lives.
    pub async fn lock(&self, machine: &Real, command: &str, wait: u64) -> anyhow::Result<Lock> {
        let holder = Holder { process: std::process::id(), command: command.to_owned(), since: machine.now() };
        Ok(Lock::take(&self.desk.lock(), Duration::from_secs(wait), &holder).await?)
    }

    /// Makes a plan to bring an image.
    pub async fn planned(&self, machine: &Real, image: &Image, policy: Policy) -> anyhow::Result<Plan> {
        if image.build {
            machine.build().await?;
        }
        let name = match &image.image {
            Some(name) => name.clone(),
            None => machine.image().await?,
        };
        machine.make_room(&self.desk.releases.images_of_no_use(policy.keep)?).await?;
        let survey = machine.survey(&name, &self.desk.salt()?).await?;
        let plan = Plan::new(self.name(machine)?, machine.now(), survey, policy);
        self.behind_what_was_adopted(plan)
    }

    /// Writes down what compose started as a release, so that the first rollback leads to it.
    pub async fn adopt(&self, machine: &Real) -> anyhow::Result<()> {
        match machine.live(&self.desk.salt()?).await? {
            Some(live) if live.deploy.is_none() => self.desk.releases.adopt(&live.content, machine.now()),
            _ => Ok(()),
        }
    }

    /// A plan that leads back to what compose started, where that was written down.
    pub fn behind_what_was_adopted(&self, plan: Plan) -> anyhow::Result<Plan> {
        let live = plan.survey.live.as_ref().filter(|live| live.deploy.is_none());
        let adopted = self
            .desk
            .releases
            .current()?
            .filter(|release| live.is_some_and(|it| it.content.digest == release.content.digest));
        let before = plan.before.or(adopted.map(|release| release.deploy));
        Ok(Plan { before, ..plan })
    }

    /// Which backup belongs to which deployment.
    pub const fn backups(&self) -> &Backups {
        &self.site.backups
    }

    /// The name of the next deployment.
    pub fn name(&self, machine: &Real) -> anyhow::Result<DeployId> {
        Ok(DeployId::after(self.desk.ledger()?.last(), machine.now()))
    }

    /// Ends what a deployer left that died, where it can be said which way.
    pub async fn end_what_was_left(&self, machine: &Real, teller: &Teller) -> anyhow::Result<()> {
        let Some(taken) = self.desk.take_up()? else { return Ok(()) };
        let world = machine.look(&taken.plan).await?;
        let current = self.desk.releases.current()?;
        let is_committed = current.is_some_and(|release| release.deploy == taken.plan.deploy);
        let Some(direction) = unasked(&taken.plan, &taken.progress, &Seen { world, is_committed }) else {
            bail!(
                "deployment {} stands still: {}. `pake deploy --resume` goes on with it, `pake deploy --abort` goes back",
                taken.plan.deploy,
                taken.progress.reason.as_deref().unwrap_or("a person has to say which way")
            );
        };
        let heard = self.heard(machine).await?;
        let work = Work::TakeUp(Box::new(taken), direction);
        let ended = carry_out(machine, &self.desk, teller, Some(heard), work).await?;
        match ended.ending {
            Ending::Halted => judged(&ended, direction),
            Ending::Committed | Ending::RolledBack => Ok(()),
        }
    }
}

/// Deploys, and tells how it goes. Whoever interrupts it has it end in order. All that happens to a deployment is heard here.
pub async fn carry_out<M: Machine>(
    machine: &M,
    desk: &Desk,
    teller: &Teller,
    heard: Option<Heard>,
    mut work: Work,
) -> anyhow::Result<Ended> {
    match (&mut work, &heard) {
        (Work::Begin(plan), Some(heard)) => plan.by = Some(heard.by.clone()),
        (Work::TakeUp(taken, _), Some(heard)) => heard.about(&taken.plan),
        (_, None) => {}
    }
    let ended = worked(machine, desk, teller, heard.as_ref(), work).await;
    if let Some(heard) = heard {
        heard.end(ended.as_ref().err()).await;
    }
    ended
}

async fn worked<M: Machine>(
    machine: &M,
    desk: &Desk,
    teller: &Teller,
    heard: Option<&Heard>,
    work: Work,
) -> anyhow::Result<Ended> {
    let is_interrupted = AtomicBool::new(false);
    let tell = |event: &ops::deploy::Event<'_>| {
        teller.hear(event);
        if let Some(heard) = heard {
            heard.hear(event);
        }
    };
    let deployer = Deployer { machine, desk, tell: &tell, is_interrupted: &is_interrupted };
    teller.is_of(match &work {
        Work::Begin(plan) => plan,
        Work::TakeUp(taken, _) => &taken.plan,
    });
    let mut working = Box::pin(async {
        match work {
            Work::Begin(plan) => deployer.deploy(*plan).await,
            Work::TakeUp(taken, direction) => deployer.take_up(*taken, direction).await,
        }
    });
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot hear of signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot hear of signals")?;
    let mut turn = tokio::time::interval(TURN);
    loop {
        tokio::select! {
            ended = &mut working => return ended,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = turn.tick() => {
                teller.turn();
                continue;
            }
        }
        is_interrupted.store(true, Ordering::Relaxed);
        teller.interrupted();
    }
}

/// Whether it ended as it was meant.
pub fn judged(ended: &Ended, wanted: Direction) -> anyhow::Result<()> {
    let why = ended.reason.as_deref().unwrap_or("its journal tells why");
    match ended.ending {
        Ending::Committed => Ok(()),
        Ending::RolledBack if wanted == Direction::Back => Ok(()),
        Ending::RolledBack => bail!("the new release is not live, and what was serves on: {why}"),
        Ending::Halted => bail!("it stands still, and nothing more is done: {why}"),
    }
}
