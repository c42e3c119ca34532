//! A model of a machine and of a deployer who may die at every moment.

use super::*;

pub(super) const OLD: &str = "0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42";
pub(super) const NEW: &str = "0198f2c4-6000-7a10-9c51-2b6f0c1d7e42";

pub(super) fn id(text: &str) -> DeployId {
    text.parse().unwrap()
}

pub(super) fn plan(kind: Kind) -> Plan {
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

pub(super) fn container(deploy: &str) -> Container {
    Container { deploy: Some(id(deploy)), image: "image".to_owned(), is_running: true, is_well: true, restarts: 0 }
}

/// What happens to the machine beside what is done to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Fate {
    /// These steps fail, so many times.
    pub(super) failing: BTreeMap<Step, u8>,
    /// At these moments the deployer dies, and this is asked of the next one; nothing: what it does by itself.
    pub(super) crashes: BTreeMap<usize, Option<Asked>>,
    /// At this moment the old release falls ill.
    pub(super) old_ill_at: Option<usize>,
    /// At this moment the new release falls ill.
    pub(super) new_ill_at: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Resume,
    Abort,
}

/// The machine, its journal and the deployers that come and go.
pub(super) struct Model {
    pub(super) plan: Plan,
    pub(super) seen: Seen,
    pub(super) progress: Progress,
    pub(super) fate: Fate,
    /// Moments go by with every line of the journal and every part of an act.
    pub(super) moment: usize,
    pub(super) lines: usize,
    pub(super) old_is_ill: bool,
    /// All that was done, for whoever reads why a test failed.
    pub(super) told: Vec<String>,
}

/// The deployer died.
pub(super) struct Died;

impl Model {
    pub(super) fn new(kind: Kind, fate: Fate) -> Self {
        Self::of(plan(kind), fate)
    }

    /// A deployment that tries a canary first.
    pub(super) fn with_canary(fate: Fate) -> Self {
        let plan = plan(Kind::Deploy);
        Self::of(Plan { policy: Policy { canary: vec![5, 25, 50], ..plan.policy }, ..plan }, fate)
    }

    pub(super) fn of(plan: Plan, fate: Fate) -> Self {
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
    pub(super) fn run(&mut self) -> Ending {
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

    pub(super) fn take_up(&mut self, asked: Option<Asked>) {
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
    pub(super) fn sitting(&mut self) -> Result<Ending, Died> {
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

    pub(super) fn does(&mut self, step: Step) -> Result<(), Died> {
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
    pub(super) fn allowed(&self, step: Step) {
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

    pub(super) fn part(&mut self, step: Step, part: u8, share: Option<u8>) {
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

    pub(super) fn line(&mut self, state: State, phase: Phase, data: Value) -> Result<(), Died> {
        self.take(state, phase, data);
        self.goes_by()
    }

    pub(super) fn take(&mut self, state: State, phase: Phase, data: Value) {
        let data_text = if data.is_null() { String::new() } else { data.to_string() };
        self.told.push(format!("{:>3} {state} {phase:?} {data_text}", self.moment));
        let (seq, ts, deploy) = (self.lines as u64, DateTime::UNIX_EPOCH, self.plan.deploy);
        self.progress.take(&Record { seq, ts, deploy, state, phase, data, prev_sha256: String::new() });
        self.lines += 1;
    }

    /// A moment goes by: illness comes, the deployer dies, and whoever is served is served.
    pub(super) fn goes_by(&mut self) -> Result<(), Died> {
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

    pub(super) fn ill(&mut self, colour: Colour) {
        let at = self.seen.world.place_of(colour);
        *at = at.take().map(|it| Container { is_well: false, ..it });
    }

    /// Whatever happens: the link leads to what runs, and no more is stopped than that.
    pub(super) fn is_served(&self) {
        let live = self.seen.world.active.and_then(|active| self.seen.world.of(active));
        assert!(live.is_some_and(|live| live.is_running), "nobody is served: {:#?}", self.told);
    }

    pub(super) fn old_is_well(&self) -> bool {
        self.seen.world.of(self.plan.colour.other()).is_some_and(|old| old.is_running && old.is_well)
    }

    pub(super) fn new_is_well(&self) -> bool {
        self.seen.world.of(self.plan.colour).is_some_and(|new| new.is_running && new.is_well)
    }

    /// What has to hold at an end that is one.
    pub(super) fn is_tidy(&self, ending: Ending, may_leave_old: bool) {
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
pub(super) const fn parts(step: Step) -> u8 {
    match step {
        Step::Started | Step::Stopped | Step::Drained | Step::Removed | Step::Switched | Step::SwitchedBack => 2,
        _ => 1,
    }
}

pub(super) const STEPS: [Step; 15] = [
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
pub(super) fn moments(mut model: Model) -> usize {
    assert_eq!(model.run(), Ending::Committed);
    model.is_tidy(Ending::Committed, false);
    model.moment
}
