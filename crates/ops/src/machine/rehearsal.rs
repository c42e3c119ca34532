//! A machine that only tells what would be done to it: for `--dry-run`, and for tests. Everything goes well, and its time goes by
//! only when somebody waits.

use std::{
    fmt::Write as _,
    future::ready,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, bail};
use chrono::{DateTime, TimeDelta, Utc};

use super::{Answer, Data, Database, Door, Machine};
use crate::{
    deploy_id::DeployId,
    plan::{Kind, Plan},
    world::{Canary, Colour, Container, World},
};

/// A machine that only tells.
#[derive(Debug)]
pub struct Rehearsal(Mutex<Stage>);

#[derive(Debug)]
struct Stage {
    began: DateTime<Utc>,
    now: DateTime<Utc>,
    world: World,
    lines: Vec<Line>,
}

/// A line of what would be done, and how often one after the other.
#[derive(Debug)]
struct Line {
    at: DateTime<Utc>,
    text: String,
    times: usize,
    is_question: bool,
}

impl Rehearsal {
    /// A rehearsal that begins with what was seen.
    pub const fn of(world: World, now: DateTime<Utc>) -> Self {
        Self(Mutex::new(Stage { began: now, now, world, lines: Vec::new() }))
    }

    /// What would be done, a line each, with the seconds since the beginning.
    pub fn transcript(&self) -> String {
        let stage = self.stage();
        let mut text = String::new();
        for Line { at, text: line, times, .. } in &stage.lines {
            let seconds = (*at - stage.began).num_milliseconds() / 100;
            let times = if *times > 1 { format!("  ×{times}") } else { String::new() };
            let _ = writeln!(text, "{:>4}.{} s  {line}{times}", seconds / 10, seconds % 10);
        }
        text
    }

    /// Writes a line that is none of the machine's.
    pub fn note(&self, text: &str) {
        self.stage().tell(text.to_owned(), false);
    }

    /// What stands there.
    pub fn world(&self) -> World {
        self.stage().world.clone()
    }

    /// Changes what stands there, as somebody else would.
    pub fn happens(&self, what: impl FnOnce(&mut World)) {
        what(&mut self.stage().world);
    }

    /// Does something and tells of it.
    fn done(&self, text: impl Into<String>, act: impl FnOnce(&mut World)) -> std::future::Ready<anyhow::Result<()>> {
        let mut stage = self.stage();
        stage.tell(text.into(), false);
        act(&mut stage.world);
        ready(Ok(()))
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stage {
    /// A question that was asked since something was last done is not told of again, only counted.
    fn tell(&mut self, text: String, is_question: bool) {
        let since = self.lines.iter_mut().rev().take_while(|line| line.is_question && is_question);
        let same = { since }.find(|line| line.text == text);
        match same {
            Some(line) => line.times += 1,
            None => self.lines.push(Line { at: self.now, text, times: 1, is_question }),
        }
    }

    fn live(&self) -> anyhow::Result<Colour> {
        self.world.active.context("nothing is live")
    }

    fn answer(&self, door: Door) -> anyhow::Result<Option<DeployId>> {
        let colour = match door {
            Door::Socket(colour) => colour,
            Door::Edge => self.live()?,
            Door::Person(number) => match self.world.canary {
                Some(canary) if number % 100 < u16::from(canary.percent) => canary.colour,
                _ => self.live()?,
            },
        };
        match self.world.of(colour) {
            Some(container) if container.is_running => Ok(container.deploy),
            _ => bail!("nobody listens at {colour}.sock"),
        }
    }
}

impl Machine for Rehearsal {
    fn now(&self) -> DateTime<Utc> {
        self.stage().now
    }

    fn pause(&self, how_long: Duration) -> impl Future<Output = ()> + Send {
        let mut stage = self.stage();
        stage.now += TimeDelta::from_std(how_long).unwrap_or_default();
        ready(())
    }

    fn tidy(&self) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done("remove what another deployer had at work", |_| {})
    }

    fn look(&self, _: &Plan) -> impl Future<Output = anyhow::Result<World>> + Send {
        ready(Ok(self.world()))
    }

    fn examine(&self, _: &Plan) -> impl Future<Output = anyhow::Result<Vec<String>>> + Send {
        self.stage().tell("look at room, memory, certificate, clock and database".to_owned(), false);
        ready(Ok(Vec::new()))
    }

    fn fetch(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send {
        let target = &plan.survey.target;
        self.done(format!("fetch {} as {}", target.image, target.digest), |world| world.has_image = true)
    }

    fn back_up(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done(format!("back up the database for {} and check the copy", plan.deploy), |world| {
            world.has_backup = true;
        })
    }

    fn diagnose(&self, _: &Plan, database: Database) -> impl Future<Output = anyhow::Result<Vec<String>>> + Send {
        let with = match database {
            Database::Unexpanded => ", with the database as it is",
            Database::Expanded => "",
        };
        self.stage().tell(format!("have the new image look whether everything is set up well{with}"), false);
        ready(Ok(Vec::new()))
    }

    fn expand(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send {
        let steps = &plan.survey.migrations.expand;
        let steps = if steps.is_empty() { "nothing is due".to_owned() } else { steps.join(", ") };
        self.done(format!("expand the database with the new image: {steps}"), |_| {})
    }

    fn start(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send {
        let (deploy, image) = (Some(plan.deploy), plan.survey.target.digest.clone());
        let how = match plan.kind {
            Kind::Deploy => "",
            Kind::Rollback | Kind::Restart => " (again)",
        };
        self.done(format!("start {} of {image} at {0}.sock{how}", plan.colour), |world| {
            let container = Container { deploy, image, is_running: true, is_well: true, restarts: 0 };
            *world.place_of(plan.colour) = Some(container);
        })
    }

    fn ask(&self, door: Door, path: &str) -> impl Future<Output = anyhow::Result<Answer>> + Send {
        let mut stage = self.stage();
        let answer = stage.answer(door).map(|release| Answer {
            status: if matches!(path, "/" | "/metrics") { 200 } else { 204 },
            release,
            body: String::new(),
        });
        let said = answer.as_ref().map_or_else(ToString::to_string, |answer| answer.status.to_string());
        stage.tell(format!("ask {door} {path}: {said}"), true);
        ready(answer)
    }

    fn try_out(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done(format!("sign in at {}.sock, ask, and see the answer come", plan.colour), |_| {})
    }

    fn log(&self, _: Colour, _: usize) -> impl Future<Output = anyhow::Result<Vec<String>>> + Send {
        ready(Ok(Vec::new()))
    }

    fn point(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done(format!("turn active.sock to {colour}.sock"), |world| world.active = Some(colour))
    }

    fn lead(&self, canary: Option<Canary>) -> impl Future<Output = anyhow::Result<()>> + Send {
        // Where nobody is led elsewhere there is nothing to tell.
        if canary.is_none() && self.world().canary.is_none() {
            return ready(Ok(()));
        }
        let text = match canary {
            Some(Canary { colour, percent }) => format!("lead {percent} % of the requests to {colour}"),
            None => "lead all requests to the colour that is live".to_owned(),
        };
        self.done(text, |world| world.canary = canary)
    }

    fn let_in(&self, is_open: bool) -> impl Future<Output = anyhow::Result<()>> + Send {
        let whom = if is_open { "everybody" } else { "nobody" };
        self.done(format!("let {whom} in"), |world| world.is_shut = !is_open)
    }

    fn restore(&self, plan: &Plan, data: Data) -> impl Future<Output = anyhow::Result<()>> + Send {
        let file = plan.restore.as_ref().map_or("nothing", |restore| &restore.file);
        let what = match data {
            Data::Before => format!("put {file} in the place of the database"),
            Data::Now => "put the copy of now back in the place of the database".to_owned(),
        };
        self.done(what, |world| world.is_restored = data == Data::Before)
    }

    fn rouse(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done(format!("start {colour} again"), |world| {
            let place = world.place_of(colour);
            *place = place.take().map(|it| Container { is_running: true, is_well: true, ..it });
        })
    }

    fn halt(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done(format!("end {colour}, by force if it has to be"), |world| {
            let place = world.place_of(colour);
            *place = place.take().map(|it| Container { is_running: false, is_well: false, ..it });
        })
    }

    fn end(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done(format!("tell {colour} to end"), |world| {
            let place = world.place_of(colour);
            *place = place.take().map(|it| Container { is_running: false, is_well: false, ..it });
        })
    }

    fn remove(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done(format!("remove {colour}"), |world| *world.place_of(colour) = None)
    }

    fn keep(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done(format!("have {colour} started again after the machine was"), |_| {})
    }

    fn drop_backups(&self, keep: usize) -> impl Future<Output = anyhow::Result<()>> + Send {
        self.done(format!("remove backups of deployments but the newest {keep}"), |_| {})
    }

    fn prune(&self, digests: &[String]) -> impl Future<Output = anyhow::Result<()>> + Send {
        let images = if digests.is_empty() { "no image".to_owned() } else { digests.join(", ") };
        self.done(format!("remove {images}"), |_| {})
    }
}
