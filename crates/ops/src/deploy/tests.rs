//! The story on a machine of which everything can be said: what fails, what falls ill, when the deployer dies.

use std::{
    pin::pin,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use chrono::{DateTime, Utc};

use super::*;
use crate::{
    deploy_id::DeployId,
    desk::Desk,
    lock::{Holder, Lock},
    machine::{Answer, Data, Database, Door, Machine, Rehearsal},
    plan::{Kind, Live, Lost, Migrations, Policy, Restore, Survey},
    progress::Progress,
    release::{Content, Settings},
    transition::unasked,
    world::{Canary, Colour, Container, World},
};

mod deaths;
mod receivers;
mod transcripts;

const OLD: &str = "0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42";
const NEW: &str = "0198f2c4-6000-7a10-9c51-2b6f0c1d7e42";

fn id(text: &str) -> DeployId {
    text.parse().unwrap()
}

fn began() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn content(name: &str) -> Content {
    Content { image: format!("pake:{name}"), digest: format!("sha256:{name}"), settings: Settings::new() }
}

fn plan() -> Plan {
    let survey = Survey {
        active: Some(Colour::Blue),
        live: Some(Live { deploy: Some(id(OLD)), content: content("old") }),
        target: content("new"),
        migrations: Migrations { expand: vec!["13 tags".to_owned()], contract: Vec::new() },
    };
    Plan::new(id(NEW), began(), survey, Policy::DEPLOY)
}

fn with_canary() -> Plan {
    let plan = plan();
    Plan { policy: Policy { canary: vec![5, 25, 50], ..plan.policy }, ..plan }
}

fn with_data() -> Plan {
    let lost = Lost { searches: 12, accounts: 1, audit: 40 };
    let restore = Restore { file: "backups/pake-1.zip".to_owned(), taken_at: began(), lost, was_shut: false };
    Plan { kind: Kind::Rollback, policy: Policy::ROLLBACK, restore: Some(restore), ..plan() }
}

fn container(deploy: &str, image: &str) -> Container {
    let image = format!("sha256:{image}");
    Container { deploy: Some(id(deploy)), image, is_running: true, is_well: true, restarts: 0 }
}

/// A machine on which things go wrong.
struct Unlucky {
    rehearsal: Rehearsal,
    luck: Luck,
    /// Each act and question is two moments: before it and after it.
    moment: AtomicUsize,
    /// At this moment the deployer dies.
    dies_at: Option<usize>,
    /// When each question was answered otherwise.
    happened: Mutex<Vec<usize>>,
}

/// What somebody else does to the machine.
type Happening = fn(&mut World);

/// What goes wrong.
#[derive(Default)]
struct Luck {
    /// These acts fail.
    failing: Vec<&'static str>,
    /// Statuses other than those that are good: by whom and what is asked, and the seconds since the beginning.
    statuses: Vec<(Door, &'static str, std::ops::Range<i64>, u16)>,
    /// From these seconds on, this is so.
    happens: Vec<(i64, Happening)>,
    /// The edge does not find its way while the link leads there.
    lost_with: Option<Colour>,
    /// The edge leads everybody to the colour that is live.
    knows_no_canary: bool,
    /// A release that is told to end does not.
    lingers: bool,
}

impl Unlucky {
    fn new(luck: Luck) -> Self {
        let world = World { active: Some(Colour::Blue), blue: Some(container(OLD, "old")), ..World::default() };
        let (moment, happened) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        Self { rehearsal: Rehearsal::of(world, began()), luck, moment, dies_at: None, happened }
    }

    fn seconds(&self) -> i64 {
        (self.rehearsal.now() - began()).num_seconds()
    }

    /// A moment goes by; at one of them nothing comes after it.
    async fn moment(&self) {
        let now = self.seconds();
        for (at, (second, what)) in self.luck.happens.iter().enumerate() {
            let mut happened = self.happened.lock().unwrap();
            if *second <= now && !happened.contains(&at) {
                happened.push(at);
                self.rehearsal.happens(*what);
            }
        }
        let world = self.rehearsal.world();
        let live = world.active.and_then(|active| world.of(active));
        let served = live.is_some_and(|live| live.is_running) || world.is_shut || !self.luck.happens.is_empty();
        assert!(served, "nobody is served:\n{}", self.rehearsal.transcript());
        if self.dies_at == Some(self.moment.fetch_add(1, Ordering::Relaxed)) {
            std::future::pending::<()>().await;
        }
    }

    async fn acts(&self, name: &'static str, act: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        self.moment().await;
        if self.luck.failing.contains(&name) {
            anyhow::bail!("{name} does not work");
        }
        let acted = act.await;
        self.moment().await;
        acted
    }
}

impl Machine for Unlucky {
    fn now(&self) -> DateTime<Utc> {
        self.rehearsal.now()
    }

    async fn pause(&self, how_long: Duration) {
        self.rehearsal.pause(how_long).await;
    }

    async fn tidy(&self) -> anyhow::Result<()> {
        self.acts("tidying", async { self.rehearsal.tidy().await }).await
    }

    async fn look(&self, plan: &Plan) -> anyhow::Result<World> {
        self.moment().await;
        self.rehearsal.look(plan).await
    }

    async fn examine(&self, plan: &Plan) -> anyhow::Result<Vec<String>> {
        let found = self.rehearsal.examine(plan).await?;
        let is_full = self.luck.failing.contains(&"room");
        let full = "1.2 GB are free and 2.0 GB are needed: remove what is not needed (`docker system df`)";
        Ok(if is_full { vec![full.to_owned()] } else { found })
    }

    async fn fetch(&self, plan: &Plan) -> anyhow::Result<()> {
        self.acts("fetching", async { self.rehearsal.fetch(plan).await }).await
    }

    async fn back_up(&self, plan: &Plan) -> anyhow::Result<()> {
        self.acts("backing up", async { self.rehearsal.back_up(plan).await }).await
    }

    async fn diagnose(&self, plan: &Plan, database: Database) -> anyhow::Result<Vec<String>> {
        let found = self.rehearsal.diagnose(plan, database).await?;
        let is_ill = self.luck.failing.contains(&"the doctor");
        Ok(if is_ill { vec!["mail: nobody listens at mail.example.org:587".to_owned()] } else { found })
    }

    async fn expand(&self, plan: &Plan) -> anyhow::Result<()> {
        self.acts("expanding", async { self.rehearsal.expand(plan).await }).await
    }

    async fn start(&self, plan: &Plan) -> anyhow::Result<()> {
        self.acts("starting", async { self.rehearsal.start(plan).await }).await
    }

    async fn ask(&self, door: Door, path: &str) -> anyhow::Result<Answer> {
        let now = self.seconds();
        let is_unknown = self.luck.knows_no_canary && matches!(door, Door::Person(_));
        let answer = self.rehearsal.ask(if is_unknown { Door::Edge } else { door }, path).await?;
        let other =
            self.luck.statuses.iter().find(|(at, of, when, _)| (*at, *of) == (door, path) && when.contains(&now));
        let is_lost = door == Door::Edge && self.rehearsal.world().active == self.luck.lost_with;
        Ok(match other {
            None if is_lost => Answer { status: 502, release: None, body: String::new() },
            Some((.., status)) => Answer { status: *status, body: "{\"detail\":\"no\"}".to_owned(), ..answer },
            None => answer,
        })
    }

    async fn try_out(&self, plan: &Plan) -> anyhow::Result<()> {
        self.acts("trying out", async { self.rehearsal.try_out(plan).await }).await
    }

    async fn log(&self, colour: Colour, _: usize) -> anyhow::Result<Vec<String>> {
        Ok(vec![format!("{colour} says why")])
    }

    async fn point(&self, colour: Colour) -> anyhow::Result<()> {
        self.acts("turning the link", async { self.rehearsal.point(colour).await }).await
    }

    async fn lead(&self, canary: Option<Canary>) -> anyhow::Result<()> {
        self.acts("leading some", async { self.rehearsal.lead(canary).await }).await
    }

    async fn let_in(&self, is_open: bool) -> anyhow::Result<()> {
        self.acts("the door", async { self.rehearsal.let_in(is_open).await }).await
    }

    async fn restore(&self, plan: &Plan, data: Data) -> anyhow::Result<()> {
        let name = if data == Data::Before { "putting before" } else { "putting back" };
        self.acts(name, async { self.rehearsal.restore(plan, data).await }).await
    }

    async fn rouse(&self, colour: Colour) -> anyhow::Result<()> {
        self.acts("rousing", async { self.rehearsal.rouse(colour).await }).await
    }

    async fn halt(&self, colour: Colour) -> anyhow::Result<()> {
        self.acts("halting", async { self.rehearsal.halt(colour).await }).await
    }

    async fn end(&self, colour: Colour) -> anyhow::Result<()> {
        if self.luck.lingers {
            self.rehearsal.note(&format!("tell {colour} to end, in vain"));
            return Ok(());
        }
        self.acts("ending", async { self.rehearsal.end(colour).await }).await
    }

    async fn remove(&self, colour: Colour) -> anyhow::Result<()> {
        self.acts("removing", async { self.rehearsal.remove(colour).await }).await
    }

    async fn keep(&self, colour: Colour) -> anyhow::Result<()> {
        self.acts("keeping", async { self.rehearsal.keep(colour).await }).await
    }

    async fn drop_backups(&self, keep: usize) -> anyhow::Result<()> {
        self.acts("dropping backups", async { self.rehearsal.drop_backups(keep).await }).await
    }

    async fn prune(&self, digests: &[String]) -> anyhow::Result<()> {
        self.acts("pruning", async { self.rehearsal.prune(digests).await }).await
    }
}

/// A folder in memory, where there is one: hundreds of journals are brought onto the disk line by line.
fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A desk on which the old release is the current one.
fn desk(folder: &std::path::Path) -> Desk {
    let desk = Desk::at(folder).unwrap();
    let mut old = plan().release(began());
    (old.deploy, old.content) = (id(OLD), content("old"));
    desk.releases.commit(&old).unwrap();
    desk
}

/// Runs a deployer until it ends or dies. No time goes by that is not the machine's.
fn until_death<T>(deployer: impl Future<Output = T>) -> Option<T> {
    match pin!(deployer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(ended) => Some(ended),
        Poll::Pending => None,
    }
}

async fn with_lock<T>(desk: &Desk, work: impl Future<Output = T>) -> T {
    let holder = Holder { process: 1, command: "pake deploy".to_owned(), since: began() };
    let _lock = Lock::take(&desk.lock(), Duration::ZERO, &holder).await.unwrap();
    work.await
}

/// What is asked of the next deployer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Resume,
    Abort,
    Nothing,
}

const ASKED: [Asked; 3] = [Asked::Resume, Asked::Abort, Asked::Nothing];

/// A deployer that takes up what another one left; none when nothing was left.
async fn taken_up(deployer: &Deployer<'_, Unlucky>, asked: Asked) -> Option<anyhow::Result<Ended>> {
    let taken = deployer.desk.take_up().unwrap()?;
    let seen = deployer.look(&taken.plan).await.unwrap();
    let direction = match asked {
        Asked::Resume => taken.progress.onward(),
        Asked::Abort => Direction::Back,
        Asked::Nothing => unasked(&taken.plan, &taken.progress, &seen)?,
    };
    Some(deployer.take_up(taken, direction).await)
}
