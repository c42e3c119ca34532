//! The transition function against a model of a machine: faults in every step, a crash at every moment.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{
    deploy_id::DeployId,
    journal::{Phase, Record},
    plan::{Live, Migrations, Policy, Survey},
    progress::{because, of_share, resumed},
    release::{Content, Settings},
    step::{Mark, State},
    world::{Canary, Colour},
};

const OLD: &str = "0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42";
const NEW: &str = "0198f2c4-6000-7a10-9c51-2b6f0c1d7e42";

fn id(text: &str) -> DeployId {
    text.parse().unwrap()
}

fn plan(kind: Kind) -> Plan {
    let content =
        |digest: &str| Content { image: digest.to_owned(), digest: digest.to_owned(), settings: Settings::new() };
    let survey = Survey {
        active: Some(Colour::Blue),
        live: Some(Live { deploy: Some(id(OLD)), content: content("old") }),
        target: content("new"),
        migrations: Migrations::default(),
    };
    Plan { kind, ..Plan::new(id(NEW), DateTime::UNIX_EPOCH, survey, Policy::DEPLOY) }
}

fn container(deploy: &str) -> Container {
    Container { deploy: Some(id(deploy)), image: "image".to_owned(), is_running: true, is_well: true, restarts: 0 }
}

/// What happens to the machine beside what is done to it.
#[derive(Debug, Clone, Default)]
struct Fate {
    /// These steps fail, so many times.
    failing: BTreeMap<Step, u8>,
    /// At these moments the deployer dies, and this is asked of the next one; nothing: what it does by itself.
    crashes: BTreeMap<usize, Option<Asked>>,
    /// At this moment the old release falls ill.
    old_ill_at: Option<usize>,
    /// At this moment the new release falls ill.
    new_ill_at: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Resume,
    Abort,
}

/// The machine, its journal and the deployers that come and go.
struct Model {
    plan: Plan,
    seen: Seen,
    progress: Progress,
    fate: Fate,
    /// Moments go by with every line of the journal and every part of an act.
    moment: usize,
    lines: usize,
    old_is_ill: bool,
    /// All that was done, for whoever reads why a test failed.
    told: Vec<String>,
}

/// The deployer died.
struct Died;

impl Model {
    fn new(kind: Kind, fate: Fate) -> Self {
        Self::of(plan(kind), fate)
    }

    /// A deployment that tries a canary first.
    fn with_canary(fate: Fate) -> Self {
        let plan = plan(Kind::Deploy);
        Self::of(Plan { policy: Policy { canary: vec![5, 25, 50], ..plan.policy }, ..plan }, fate)
    }

    fn of(plan: Plan, fate: Fate) -> Self {
        let world = World { active: Some(Colour::Blue), blue: Some(container(OLD)), ..World::default() };
        let seen = Seen { world, is_committed: false };
        Self {
            plan,
            seen,
            progress: Progress::default(),
            fate,
            moment: 0,
            lines: 0,
            old_is_ill: false,
            told: Vec::new(),
        }
    }

    /// From a beginning or a crash to the end.
    fn run(&mut self) -> Ending {
        self.take(State::Mark(Mark::Planned), Phase::Done, Value::Null);
        loop {
            if let Ok(ending) = self.sitting() {
                return ending;
            }
            let asked = self.fate.crashes.remove(&self.moment).flatten();
            self.moment += 1;
            self.take_up(asked);
        }
    }

    fn take_up(&mut self, asked: Option<Asked>) {
        if self.progress.is_over() {
            return;
        }
        let direction = match asked {
            Some(Asked::Resume) => self.progress.onward(),
            Some(Asked::Abort) => Direction::Back,
            None => match unasked(&self.plan, &self.progress, &self.seen) {
                Some(direction) => direction,
                None => return,
            },
        };
        self.take(State::Mark(Mark::Resumed), Phase::Done, resumed(direction));
    }

    /// One deployer, until it ends or dies.
    fn sitting(&mut self) -> Result<Ending, Died> {
        loop {
            assert!(self.told.len() < 400, "it does not end: {:#?}", self.told);
            match next(&self.plan, &self.progress, &self.seen) {
                Next::Do(step) => self.does(step)?,
                Next::TurnBack(why) => self.line(State::Mark(Mark::RollingBack), Phase::Done, because(&why))?,
                Next::Halt(why) => self.line(State::Mark(Mark::Halted), Phase::Done, because(&why))?,
                Next::End(ending) => {
                    let mark = match ending {
                        Ending::Committed => Mark::Finished,
                        Ending::RolledBack => Mark::RolledBack,
                        Ending::Halted => return Ok(ending),
                    };
                    self.take(State::Mark(mark), Phase::Done, Value::Null);
                    return Ok(ending);
                }
            }
        }
    }

    fn does(&mut self, step: Step) -> Result<(), Died> {
        self.allowed(step);
        let share = share_due(&self.plan, &self.progress, &self.seen.world).filter(|_| step == Step::Canaried);
        let of_share = share.map_or(Value::Null, of_share);
        self.line(State::Step(step), Phase::Intent, of_share.clone())?;
        let left = self.fate.failing.entry(step).or_default();
        if *left > 0 {
            *left -= 1;
            return self.line(State::Step(step), Phase::Failed, because("fate"));
        }
        let gate = match step {
            Step::Ready | Step::Canaried | Step::Switched | Step::Baked => self.new_is_well(),
            Step::Expanded => self.old_is_well(),
            _ => true,
        };
        for part in 0..parts(step) {
            self.part(step, part, share);
            self.goes_by()?;
        }
        let (phase, data) = if gate { (Phase::Done, of_share) } else { (Phase::Failed, because("not well")) };
        self.line(State::Step(step), phase, data)
    }

    /// What must never be done.
    fn allowed(&self, step: Step) {
        let live = self.seen.world.active;
        let told = &self.told;
        match step {
            Step::Switched if live != Some(self.plan.colour) => {
                assert!(self.new_is_well(), "switched to what is ill: {told:#?}");
            }
            Step::Canaried => assert!(self.new_is_well(), "led to what is ill: {told:#?}"),
            // Who is live anyway has those back who were led elsewhere.
            Step::SwitchedBack if live != Some(self.plan.colour) => {}
            Step::SwitchedBack => assert!(self.old_is_well(), "switched back to what is ill: {told:#?}"),
            Step::Started => assert_eq!(self.seen.world.canary, None, "started under requests: {told:#?}"),
            Step::Removed => {
                assert_ne!(live, Some(self.plan.colour), "removed what is live: {told:#?}");
                assert_eq!(self.seen.world.canary, None, "removed what has requests: {told:#?}");
            }
            Step::Drained | Step::Stopped => {
                assert_eq!(live, Some(self.plan.colour), "stopped what is live: {told:#?}");
            }
            _ => {}
        }
    }

    fn part(&mut self, step: Step, part: u8, share: Option<u8>) {
        let (new, old) = (self.plan.colour, self.plan.colour.other());
        let world = &mut self.seen.world;
        let first = part == 0;
        match step {
            Step::ImageReady => world.has_image = true,
            Step::BackedUp => world.has_backup = true,
            Step::Started if first => {
                *world.place_of(new) = Some(Container { is_running: false, is_well: false, ..container(NEW) });
            }
            Step::Started => *world.place_of(new) = Some(container(NEW)),
            Step::Canaried => {
                let percent = share.expect("a share is due");
                let led = world.canary.replace(Canary { colour: new, percent });
                assert!(led.is_none_or(|led| led.percent <= percent), "taken back: {:#?}", self.told);
            }
            Step::Switched if first => world.active = Some(new),
            Step::SwitchedBack if first => world.active = Some(old),
            Step::Switched | Step::SwitchedBack => world.canary = None,
            Step::Drained | Step::Stopped if first => {
                let at = world.place_of(old);
                *at = at.take().map(|it| Container {
                    is_well: false,
                    is_running: it.is_running && step == Step::Drained,
                    ..it
                });
            }
            Step::Drained => {
                let at = world.place_of(old);
                *at = at.take().map(|it| Container { is_running: false, ..it });
            }
            Step::Stopped => *world.place_of(old) = None,
            Step::Removed if first => {
                let at = world.place_of(new);
                *at = at.take().map(|it| Container { is_running: false, is_well: false, ..it });
            }
            Step::Removed => *world.place_of(new) = None,
            Step::Committed => self.seen.is_committed = true,
            Step::Preflight | Step::Expanded | Step::Ready | Step::Baked | Step::Pruned => {}
            _ => unreachable!("{step:?} is for data of before"),
        }
    }

    fn line(&mut self, state: State, phase: Phase, data: Value) -> Result<(), Died> {
        self.take(state, phase, data);
        self.goes_by()
    }

    fn take(&mut self, state: State, phase: Phase, data: Value) {
        let data_text = if data.is_null() { String::new() } else { data.to_string() };
        self.told.push(format!("{:>3} {state} {phase:?} {data_text}", self.moment));
        let (seq, ts, deploy) = (self.lines as u64, DateTime::UNIX_EPOCH, self.plan.deploy);
        self.progress.take(&Record { seq, ts, deploy, state, phase, data, prev_sha256: String::new() });
        self.lines += 1;
    }

    /// A moment goes by: illness comes, the deployer dies, and whoever is served is served.
    fn goes_by(&mut self) -> Result<(), Died> {
        self.moment += 1;
        let (new, old) = (self.plan.colour, self.plan.colour.other());
        if self.fate.old_ill_at.is_some_and(|at| at <= self.moment) {
            self.old_is_ill = true;
            self.ill(old);
        }
        if self.fate.new_ill_at.is_some_and(|at| at <= self.moment) {
            self.ill(new);
        }
        self.is_served();
        if self.fate.crashes.contains_key(&self.moment) { Err(Died) } else { Ok(()) }
    }

    fn ill(&mut self, colour: Colour) {
        let at = self.seen.world.place_of(colour);
        *at = at.take().map(|it| Container { is_well: false, ..it });
    }

    /// Whatever happens: the link leads to what runs, and no more is stopped than that.
    fn is_served(&self) {
        let live = self.seen.world.active.and_then(|active| self.seen.world.of(active));
        assert!(live.is_some_and(|live| live.is_running), "nobody is served: {:#?}", self.told);
    }

    fn old_is_well(&self) -> bool {
        self.seen.world.of(self.plan.colour.other()).is_some_and(|old| old.is_running && old.is_well)
    }

    fn new_is_well(&self) -> bool {
        self.seen.world.of(self.plan.colour).is_some_and(|new| new.is_running && new.is_well)
    }

    /// What has to hold at an end that is one.
    fn is_tidy(&self, ending: Ending, may_leave_old: bool) {
        let Seen { world, is_committed } = &self.seen;
        assert_eq!(world.canary, None, "some are led elsewhere: {:#?}", self.told);
        let (new, old) = (self.plan.colour, self.plan.colour.other());
        let told = &self.told;
        match ending {
            Ending::Committed => {
                assert!(*is_committed && world.active == Some(new), "{told:#?}");
                assert!(may_leave_old || world.of(old).is_none(), "the old release is left over: {told:#?}");
            }
            Ending::RolledBack => {
                assert!(!is_committed && world.active == Some(old), "{told:#?}");
                assert!(world.of(new).is_none(), "the new release is left over: {told:#?}");
                assert!(world.of(old).is_some_and(|it| it.is_running), "{told:#?}");
            }
            Ending::Halted => panic!("it stands still without a reason: {told:#?}"),
        }
    }
}

/// Of how many parts a step is.
const fn parts(step: Step) -> u8 {
    match step {
        Step::Started | Step::Stopped | Step::Drained | Step::Removed | Step::Switched | Step::SwitchedBack => 2,
        _ => 1,
    }
}

const STEPS: [Step; 15] = [
    Step::Preflight,
    Step::ImageReady,
    Step::BackedUp,
    Step::Expanded,
    Step::Started,
    Step::Ready,
    Step::Canaried,
    Step::Switched,
    Step::Baked,
    Step::Drained,
    Step::Stopped,
    Step::Committed,
    Step::Pruned,
    Step::SwitchedBack,
    Step::Removed,
];

/// How many moments a deployment has in which nothing goes wrong.
fn moments(mut model: Model) -> usize {
    assert_eq!(model.run(), Ending::Committed);
    model.is_tidy(Ending::Committed, false);
    model.moment
}

#[test]
fn a_deployment_goes_through_all_states_and_a_rollback_through_fewer() {
    let done = |mut model: Model| {
        model.run();
        let done = model.told.iter().filter(|line| line.contains(" Done"));
        done.map(|line| line.split_whitespace().nth(1).unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        done(Model::new(Kind::Deploy, Fate::default())),
        "planned preflight image_ready backed_up expanded started ready switched baked drained stopped committed pruned finished"
    );
    assert_eq!(
        done(Model::new(Kind::Rollback, Fate::default())),
        "planned preflight image_ready started ready switched baked drained stopped committed pruned finished"
    );
    assert_eq!(
        done(Model::with_canary(Fate::default())),
        "planned preflight image_ready backed_up expanded started ready canaried canaried canaried switched baked drained \
         stopped committed pruned finished"
    );
}

#[test]
fn a_deployer_that_dies_at_any_moment_is_resumed_or_undone() {
    let models: [fn(Fate) -> Model; 3] =
        [|fate| Model::new(Kind::Deploy, fate), |fate| Model::new(Kind::Rollback, fate), Model::with_canary];
    for model in models {
        for moment in 1..=moments(model(Fate::default())) {
            for asked in [Some(Asked::Resume), Some(Asked::Abort), None] {
                let fate = Fate { crashes: BTreeMap::from([(moment, asked)]), ..Fate::default() };
                let mut model = model(fate);
                let ending = model.run();
                model.is_tidy(ending, false);
                if asked == Some(Asked::Resume) {
                    assert_eq!(ending, Ending::Committed, "{:#?}", model.told);
                }
            }
        }
    }
}

#[test]
fn every_step_that_fails_before_the_old_release_is_drained_puts_back_what_was() {
    for step in STEPS {
        let mut model = Model::with_canary(Fate { failing: BTreeMap::from([(step, 1)]), ..Fate::default() });
        let ending = model.run();
        match step {
            Step::Drained | Step::Pruned | Step::SwitchedBack | Step::Removed => assert_eq!(ending, Ending::Committed),
            // What cannot be removed is left, and said; the next deployment removes it.
            Step::Stopped => {
                assert_eq!(ending, Ending::Committed);
                assert!(model.seen.world.blue.is_some());
                continue;
            }
            Step::Committed => {
                assert_eq!(ending, Ending::Halted);
                model.take_up(Some(Asked::Resume));
                assert!(matches!(model.sitting(), Ok(Ending::Committed)));
                continue;
            }
            _ => assert_eq!(ending, Ending::RolledBack, "{step:?}: {:#?}", model.told),
        }
        model.is_tidy(ending, false);
    }
}

#[test]
fn a_rollback_to_what_is_ill_is_not_done() {
    let last = moments(Model::new(Kind::Deploy, Fate::default()));
    for ill_at in 1..last {
        let fate = Fate { failing: BTreeMap::from([(Step::Baked, 1)]), old_ill_at: Some(ill_at), ..Fate::default() };
        let mut model = Model::new(Kind::Deploy, fate);
        let ending = model.run();
        if ending == Ending::Halted {
            assert!(model.seen.world.blue.is_some() && model.seen.world.green.is_some(), "nothing is taken away");
            let is_after_the_switch = model.seen.world.active == Some(Colour::Green);
            let said = if is_after_the_switch { "it is not switched to" } else { "neither is taken away" };
            assert!(model.progress.reason.as_ref().unwrap().contains(said), "{:?}", model.progress);
            // Nothing by itself, and again the same while the old one is ill.
            assert_eq!(unasked(&model.plan, &model.progress, &model.seen), None);
            model.take_up(Some(Asked::Abort));
            assert!(matches!(model.sitting(), Ok(Ending::Halted)));
            // Once it is well, it goes back.
            model.fate.old_ill_at = None;
            *model.seen.world.place_of(Colour::Blue) = Some(container(OLD));
            model.take_up(Some(Asked::Abort));
            assert!(matches!(model.sitting(), Ok(Ending::RolledBack)));
            model.is_tidy(Ending::RolledBack, false);
        }
    }
}

#[test]
fn the_only_release_that_is_well_is_not_taken_away() {
    let mut model = Model::new(Kind::Deploy, Fate::default());
    model.seen.world.green = Some(container(NEW));
    model.ill(Colour::Blue);
    model.take(State::Mark(Mark::Resumed), Phase::Done, resumed(Direction::Back));
    assert!(matches!(model.sitting(), Ok(Ending::Halted)));
    assert!(model.seen.world.green.is_some());
    model.take_up(Some(Asked::Resume));
    assert!(matches!(model.sitting(), Ok(Ending::Committed)));
    model.is_tidy(Ending::Committed, false);
}

#[test]
fn whoever_was_led_to_a_release_that_falls_ill_is_led_back_at_once() {
    let well = moments(Model::with_canary(Fate::default()));
    for ill_at in 1..well {
        let mut model = Model::with_canary(Fate { new_ill_at: Some(ill_at), ..Fate::default() });
        model.run();
        let led_at = model.told.iter().rposition(|line| line.contains("canaried Done"));
        let back_at = model.told.iter().position(|line| line.contains("switched_back Done"));
        if let Some(led_at) = led_at.filter(|_| model.progress.ending == Some(Ending::RolledBack)) {
            assert!(back_at.is_some_and(|back_at| back_at > led_at), "{:#?}", model.told);
            model.is_tidy(Ending::RolledBack, false);
        }
    }
}

#[test]
fn a_deployer_that_takes_up_a_canary_goes_on_with_the_share_that_it_sees() {
    let mut model = Model::with_canary(Fate::default());
    model.seen.world.green = Some(container(NEW));
    model.seen.world.canary = Some(Canary { colour: Colour::Green, percent: 25 });
    model.take(State::Mark(Mark::Resumed), Phase::Done, resumed(Direction::Forward));
    assert!(matches!(model.sitting(), Ok(Ending::Committed)));
    let shares: Vec<&String> = model.told.iter().filter(|line| line.contains("canaried Done")).collect();
    assert_eq!(shares.len(), 2, "25 and 50: {:#?}", model.told);
    model.is_tidy(Ending::Committed, false);
}

#[test]
fn a_container_of_somebody_else_in_the_place_of_the_new_release_is_not_taken_for_it() {
    let mut model = Model::new(Kind::Deploy, Fate::default());
    model.seen.world.green = Some(container(OLD));
    assert_eq!(model.run(), Ending::Committed);
    model.is_tidy(Ending::Committed, false);

    let mut model = Model::new(Kind::Deploy, Fate::default());
    model.seen.world.green = Some(container(OLD));
    model.seen.world.active = Some(Colour::Green);
    assert_eq!(model.run(), Ending::Halted);
    assert_eq!(model.seen.world.active, Some(Colour::Green));
}

fn fates() -> impl Strategy<Value = Fate> {
    let asked = prop_oneof![Just(Some(Asked::Resume)), Just(Some(Asked::Abort)), Just(None)];
    let failing = prop::collection::btree_map(prop::sample::select(STEPS.to_vec()), 1..3_u8, 0..4);
    let crashes = prop::collection::btree_map(1..70_usize, asked, 0..6);
    let ill = || prop::option::weighted(0.2, 1..60_usize);
    (failing, crashes, ill(), ill()).prop_map(|(failing, crashes, old_ill_at, new_ill_at)| Fate {
        failing,
        crashes,
        old_ill_at,
        new_ill_at,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Faults, illness and crashes in any order: whoever is served is served, what must not be done is not done (both are
    /// looked at at every moment), and it ends tidily, or stands still where it has reason to.
    #[test]
    fn whatever_happens_there_is_one_release_that_is_live(fate in fates(), which in 0..3) {
        let may_stand_still = fate.old_ill_at.is_some()
            || fate.new_ill_at.is_some()
            || [Step::Committed, Step::SwitchedBack, Step::Removed].iter().any(|step| fate.failing.contains_key(step));
        let may_leave_old = fate.failing.contains_key(&Step::Stopped);
        let mut model = match which {
            0 => Model::new(Kind::Deploy, fate),
            1 => Model::new(Kind::Rollback, fate),
            _ => Model::with_canary(fate),
        };
        let mut ending = model.run();
        if ending == Ending::Halted {
            prop_assert!(may_stand_still, "{:#?}", model.told);
            // A person makes both well and says where to.
            let asks: BTreeSet<bool> = [true, false].into();
            for is_resumed in asks {
                (model.fate.old_ill_at, model.fate.new_ill_at) = (None, None);
                model.fate.failing.clear();
                for colour in [Colour::Blue, Colour::Green] {
                    let at = model.seen.world.place_of(colour);
                    *at = at.take().map(|it| Container { is_well: it.is_running, ..it });
                }
                model.take_up(Some(if is_resumed { Asked::Resume } else { Asked::Abort }));
                ending = model.run_on();
                if ending != Ending::Halted {
                    break;
                }
            }
        }
        model.is_tidy(ending, may_leave_old);
    }
}

impl Model {
    /// On from a halt, without deaths.
    fn run_on(&mut self) -> Ending {
        self.fate.crashes.clear();
        match self.sitting() {
            Ok(ending) => ending,
            Err(Died) => unreachable!("nobody dies any more"),
        }
    }
}
