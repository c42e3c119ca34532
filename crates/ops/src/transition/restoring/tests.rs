//! Going back with data, against a model of a machine: a death at every moment, a fault in every step.

use chrono::DateTime;
use serde_json::Value;

use super::*;
use crate::{
    journal::{Phase, Record},
    plan::{Kind, Live, Lost, Migrations, Policy, Restore, Survey},
    progress::{because, resumed},
    release::{Content, Settings},
    step::{Mark, State},
    transition::{next, unasked},
    world::Colour,
};

const OLD: &str = "0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42";
const NEW: &str = "0198f2c4-6000-7a10-9c51-2b6f0c1d7e42";

/// Which data are in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Data {
    Now,
    Before,
}

struct Model {
    plan: Plan,
    seen: Seen,
    progress: Progress,
    data: Data,
    /// Whether the copy of now is one: it was taken while the data of now were there.
    is_copied: bool,
    failing: Option<Step>,
    dies_at: Option<usize>,
    moment: usize,
    told: Vec<String>,
}

struct Died;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Resume,
    Abort,
    Nothing,
}

fn container(deploy: &str) -> Container {
    let deploy = Some(deploy.parse().unwrap());
    Container { deploy, image: "image".to_owned(), is_running: true, is_well: true, restarts: 0 }
}

fn plan(was_shut: bool) -> Plan {
    let content =
        |digest: &str| Content { image: digest.to_owned(), digest: digest.to_owned(), settings: Settings::new() };
    let survey = Survey {
        active: Some(Colour::Blue),
        live: Some(Live { deploy: Some(OLD.parse().unwrap()), content: content("old") }),
        target: content("before"),
        migrations: Migrations::default(),
    };
    let lost = Lost { searches: 1, accounts: 0, audit: 2 };
    let restore = Restore { file: "backups/pake.zip".to_owned(), taken_at: DateTime::UNIX_EPOCH, lost, was_shut };
    let plan = Plan::new(NEW.parse().unwrap(), DateTime::UNIX_EPOCH, survey, Policy::ROLLBACK);
    Plan { kind: Kind::Rollback, restore: Some(restore), ..plan }
}

impl Model {
    fn new(was_shut: bool) -> Self {
        let world =
            World { active: Some(Colour::Blue), blue: Some(container(OLD)), is_shut: was_shut, ..World::default() };
        let (seen, progress) = (Seen { world, is_committed: false }, Progress::default());
        let plan = plan(was_shut);
        let (failing, dies_at) = (None, None);
        Self { plan, seen, progress, data: Data::Now, is_copied: false, failing, dies_at, moment: 0, told: Vec::new() }
    }

    /// To the end; whoever dies is followed by another one.
    fn run(&mut self, asked: Asked) -> Ending {
        loop {
            if let Ok(ending) = self.sitting() {
                return ending;
            }
            self.dies_at = None;
            let direction = match asked {
                Asked::Resume => self.progress.onward(),
                Asked::Abort => Direction::Back,
                Asked::Nothing => unasked(&self.plan, &self.progress, &self.seen).unwrap(),
            };
            if !self.progress.is_over() {
                self.take(State::Mark(Mark::Resumed), Phase::Done, resumed(direction));
            }
        }
    }

    fn sitting(&mut self) -> Result<Ending, Died> {
        loop {
            assert!(self.told.len() < 200, "it does not end: {:#?}", self.told);
            match next(&self.plan, &self.progress, &self.seen) {
                Next::Do(step) => self.does(step)?,
                Next::TurnBack(why) => self.line(State::Mark(Mark::RollingBack), Phase::Done, because(&why))?,
                Next::Halt(why) => self.line(State::Mark(Mark::Halted), Phase::Done, because(&why))?,
                Next::End(ending) => return Ok(ending),
            }
        }
    }

    fn does(&mut self, step: Step) -> Result<(), Died> {
        self.line(State::Step(step), Phase::Intent, Value::Null)?;
        if self.failing == Some(step) {
            self.failing = None;
            return self.line(State::Step(step), Phase::Failed, because("fate"));
        }
        self.act(step);
        self.goes_by()?;
        self.line(State::Step(step), Phase::Done, Value::Null)
    }

    fn act(&mut self, step: Step) {
        let told = &self.told;
        let world = &mut self.seen.world;
        let is_quiet =
            world.is_shut && [&world.blue, &world.green].iter().all(|it| !it.as_ref().is_some_and(|it| it.is_running));
        match step {
            Step::ImageReady => world.has_image = true,
            Step::Shut => world.is_shut = true,
            Step::Opened => world.is_shut = false,
            Step::Quieted => {
                let old = world.blue.take();
                world.blue = old.map(|it| Container { is_running: false, is_well: false, ..it });
            }
            Step::BackedUp => {
                assert!(is_quiet, "copied while somebody writes: {told:#?}");
                self.is_copied = self.data == Data::Now;
                world.has_backup = true;
            }
            Step::Restored => {
                assert!(is_quiet && self.is_copied, "changed without a way back: {told:#?}");
                self.data = Data::Before;
                world.is_restored = true;
            }
            Step::PutBack => {
                assert!(is_quiet && self.is_copied, "put back from nothing: {told:#?}");
                self.data = Data::Now;
                world.is_restored = false;
            }
            Step::Started => world.green = Some(container(NEW)),
            Step::Woken => world.blue = Some(container(OLD)),
            Step::Switched => world.active = Some(Colour::Green),
            Step::SwitchedBack => world.active = Some(Colour::Blue),
            Step::Removed => world.green = None,
            Step::Stopped => world.blue = None,
            Step::Committed => self.seen.is_committed = true,
            _ => {}
        }
    }

    fn line(&mut self, state: State, phase: Phase, data: Value) -> Result<(), Died> {
        self.take(state, phase, data);
        self.goes_by()
    }

    fn take(&mut self, state: State, phase: Phase, data: Value) {
        self.told.push(format!("{:>3} {state} {phase:?}", self.moment));
        let (ts, deploy) = (DateTime::UNIX_EPOCH, self.plan.deploy);
        self.progress.take(&Record { seq: 0, ts, deploy, state, phase, data, prev_sha256: String::new() });
    }

    /// A moment goes by. Whoever is let in is served by a release that runs, with the data that are its own; and no two releases are
    /// at work on the data of one.
    fn goes_by(&mut self) -> Result<(), Died> {
        self.moment += 1;
        let Seen { world, .. } = &self.seen;
        let runs = |container: &Option<Container>| container.as_ref().is_some_and(|it| it.is_running);
        if !world.is_shut {
            let live = world.active.and_then(|active| world.of(active)).is_some_and(|it| it.is_running);
            let of = if world.active == Some(Colour::Green) { Data::Before } else { Data::Now };
            assert!(live && self.data == of, "{:?} for {:?}: {:#?}", self.data, world.active, self.told);
        }
        assert!(
            !(runs(&world.blue) && self.data == Data::Before),
            "the old release is at work on them: {:#?}",
            self.told
        );
        assert!(!(runs(&world.green) && self.data == Data::Now), "the release of before is at work: {:#?}", self.told);
        if self.dies_at == Some(self.moment) { Err(Died) } else { Ok(()) }
    }

    fn is_tidy(&self, ending: Ending, was_shut: bool) {
        let Seen { world, is_committed } = &self.seen;
        let told = &self.told;
        assert_eq!(world.is_shut, was_shut, "{told:#?}");
        let (live, gone, data) = match ending {
            Ending::Committed => (&world.green, &world.blue, Data::Before),
            _ => (&world.blue, &world.green, Data::Now),
        };
        assert!(live.as_ref().is_some_and(|live| live.is_running) && gone.is_none(), "{told:#?}");
        assert_eq!((*is_committed, self.data), (ending == Ending::Committed, data), "{told:#?}");
    }
}

fn moments(was_shut: bool) -> usize {
    let mut model = Model::new(was_shut);
    assert_eq!(model.run(Asked::Nothing), Ending::Committed, "{:#?}", model.told);
    model.is_tidy(Ending::Committed, was_shut);
    model.moment
}

#[test]
fn it_shuts_the_door_copies_puts_in_place_and_opens_again() {
    let mut model = Model::new(false);
    assert_eq!(model.run(Asked::Nothing), Ending::Committed);
    let done = model.told.iter().filter(|line| line.ends_with("Done"));
    let done: Vec<&str> = done.filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(
        done.join(" "),
        "preflight image_ready shut quieted backed_up restored started ready switched committed opened stopped pruned"
    );
}

#[test]
fn whoever_dies_at_any_moment_is_followed_by_one_that_ends_it_or_puts_all_back() {
    for was_shut in [false, true] {
        for moment in 1..moments(was_shut) {
            for asked in [Asked::Resume, Asked::Abort, Asked::Nothing] {
                let mut model = Model::new(was_shut);
                model.dies_at = Some(moment);
                let ending = model.run(asked);
                model.is_tidy(ending, was_shut);
                assert!(asked != Asked::Resume || ending == Ending::Committed, "{:#?}", model.told);
            }
        }
    }
}

#[test]
fn a_step_that_fails_puts_all_back_and_whoever_dies_then_is_followed_too() {
    let steps = [
        Step::Preflight,
        Step::ImageReady,
        Step::Shut,
        Step::Quieted,
        Step::BackedUp,
        Step::Restored,
        Step::Started,
        Step::Ready,
        Step::Switched,
    ];
    for step in steps {
        for dies_at in 0..60 {
            for asked in [Asked::Abort, Asked::Nothing, Asked::Resume] {
                let mut model = Model::new(false);
                (model.failing, model.dies_at) = (Some(step), Some(dies_at));
                let ending = model.run(asked);
                model.is_tidy(ending, false);
            }
        }
    }
}

#[test]
fn what_fails_on_the_way_back_stands_still_until_somebody_says_so() {
    for step in [Step::Removed, Step::PutBack, Step::Woken, Step::SwitchedBack, Step::Opened] {
        let mut model = Model::new(false);
        // It was all but the current one.
        model.failing = Some(Step::Committed);
        assert_eq!(model.run(Asked::Nothing), Ending::Halted);
        model.failing = Some(step);
        model.take(State::Mark(Mark::Resumed), Phase::Done, resumed(Direction::Back));
        assert!(matches!(model.sitting(), Ok(Ending::Halted)), "{step:?}: {:#?}", model.told);
        assert!(model.seen.world.is_shut, "nobody is let in to what is half done");
        model.take(State::Mark(Mark::Resumed), Phase::Done, resumed(Direction::Back));
        assert!(matches!(model.sitting(), Ok(Ending::RolledBack)), "{step:?}: {:#?}", model.told);
        model.is_tidy(Ending::RolledBack, false);
    }
}
