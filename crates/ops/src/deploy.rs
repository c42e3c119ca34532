//! A deployment: one release takes the place of another, and nobody notices.
//!
//! The story is [`Deployer::act`]; in which order it is told, and what follows when something fails, says
//! [`crate::transition`]. Before and after each act there is a line in the journal.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::Context as _;
use serde_json::Value;

use crate::{
    desk::{Desk, Taken},
    gate,
    journal::Phase,
    machine::{Data, Database, Machine},
    plan::Plan,
    progress::{Direction, Ending, because, of_share, resumed},
    step::{Mark, State, Step},
    transition::{Next, Seen, next, share_due},
    world::Canary,
};

mod event;

pub use self::event::Event;

/// How many lines of its log are shown of a release that does not come up.
const LOG_LINES: usize = 100;

/// What an engine was asked by a deployer that died it does all the same, and nothing tells when: whoever looks at once may look
/// before it is done.
const SETTLES_IN: Duration = Duration::from_secs(3);

/// Somebody who deploys. The lock of the desk is held by whoever made this.
pub struct Deployer<'a, M> {
    /// On what.
    pub machine: &'a M,
    /// Where it is written down.
    pub desk: &'a Desk,
    /// Hears what goes on.
    pub tell: &'a (dyn Fn(&Event<'_>) + Sync),
    /// Whether the person wants it to end: the act that is under way comes to its end, and what is not switched goes back.
    pub is_interrupted: &'a AtomicBool,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// In which way.
    pub ending: Ending,
    /// Why it did not end as it was meant.
    pub reason: Option<String>,
}

impl<M: Machine> Deployer<'_, M> {
    /// The story. `share` is what is led to the new release where not all is.
    async fn act(&self, plan: &Plan, step: Step, share: Option<u8>) -> anyhow::Result<()> {
        let machine = self.machine;
        let (new, old) = (plan.colour, plan.colour.other());
        match step {
            // What is spoilt may be why the live release is not well.
            Step::Preflight if plan.restore.is_some() => gate::roomy(machine, plan).await,
            Step::Preflight => gate::fit(machine, plan).await,
            Step::ImageReady => machine.fetch(plan).await,
            Step::BackedUp => machine.back_up(plan).await,
            Step::Expanded => {
                // Before anything is changed that the old release did without.
                gate::sound(machine, plan, Database::Unexpanded).await?;
                machine.expand(plan).await?;
                gate::sound(machine, plan, Database::Expanded).await?;
                gate::still_well(machine, plan).await
            }
            Step::Started => machine.start(plan).await,
            Step::Ready => {
                gate::ready(machine, plan).await?;
                gate::smoke(machine, plan).await
            }
            Step::Canaried => {
                let percent = share.context("the new release has stood all shares")?;
                machine.lead(Some(Canary { colour: new, percent })).await?;
                gate::canary(machine, plan, percent).await
            }
            Step::Switched => {
                machine.point(new).await?;
                machine.lead(None).await?;
                gate::edge(machine, Some(plan.deploy)).await
            }
            Step::Baked => gate::bake(machine, plan).await,
            Step::Drained => {
                machine.end(old).await?;
                gate::ended(machine, plan, old).await
            }
            Step::Stopped => machine.remove(old).await,
            Step::Shut => machine.let_in(false).await,
            Step::Quieted => gate::quiet(machine, plan, old).await,
            Step::Restored => machine.restore(plan, Data::Before).await,
            Step::Opened => machine.let_in(true).await,
            Step::PutBack => machine.restore(plan, Data::Now).await,
            Step::Woken => machine.rouse(old).await,
            Step::Committed => {
                machine.keep(new).await?;
                self.desk.releases.commit(&plan.release(machine.now()))
            }
            Step::Pruned => {
                machine.drop_backups(plan.policy.keep_backups).await?;
                machine.prune(&self.desk.releases.images_of_no_use(plan.policy.keep)?).await
            }
            Step::SwitchedBack => {
                machine.point(old).await?;
                machine.lead(None).await?;
                gate::edge(machine, plan.survey.live.as_ref().and_then(|live| live.deploy)).await
            }
            Step::Removed => machine.remove(new).await,
        }
    }

    /// Carries a plan out.
    pub async fn deploy(&self, plan: Plan) -> anyhow::Result<Ended> {
        let taken = self.desk.begin(plan, self.machine.now())?;
        (self.tell)(&Event::Begun(&taken.plan));
        self.carry_on(taken).await
    }

    /// Takes up what another deployer left, and goes this way.
    pub async fn take_up(&self, mut taken: Taken, direction: Direction) -> anyhow::Result<Ended> {
        (self.tell)(&Event::TakenUp { deploy: taken.plan.deploy, direction, torn: taken.torn.as_deref() });
        let is_amid = taken.journal.records().last().is_some_and(|record| record.phase == Phase::Intent);
        self.write(&mut taken, State::Mark(Mark::Resumed), Phase::Done, resumed(direction))?;
        if is_amid {
            self.machine.pause(SETTLES_IN).await;
        }
        self.machine.tidy().await?;
        self.carry_on(taken).await
    }

    async fn carry_on(&self, mut taken: Taken) -> anyhow::Result<Ended> {
        loop {
            let seen = self.look(&taken.plan).await?;
            let next = next(&taken.plan, &taken.progress, &seen);
            match self.unless_interrupted(&taken, &seen, next) {
                Next::Do(step) => self.do_step(&mut taken, step, &seen).await?,
                Next::TurnBack(why) => {
                    self.tell_what_was_seen(&taken, &why).await;
                    (self.tell)(&Event::TurnedBack(&why));
                    self.write(&mut taken, State::Mark(Mark::RollingBack), Phase::Done, because(&why))?;
                }
                Next::Halt(why) => {
                    (self.tell)(&Event::Halted(&why));
                    self.write(&mut taken, State::Mark(Mark::Halted), Phase::Done, because(&why))?;
                }
                Next::End(ending) => return self.end(taken, ending),
            }
        }
    }

    /// What is looked at before each step.
    async fn look(&self, plan: &Plan) -> anyhow::Result<Seen> {
        let world = self.machine.look(plan).await.with_context(|| {
            format!(
                "deployment {} stands where it is: `pake deploy --resume` goes on, `--abort` goes back",
                plan.deploy
            )
        })?;
        let current = self.desk.releases.current()?;
        Ok(Seen { world, is_committed: current.is_some_and(|release| release.deploy == plan.deploy) })
    }

    /// A person who wants it to end has it go back, as long as nobody was led to the new release.
    fn unless_interrupted(&self, taken: &Taken, seen: &Seen, next: Next) -> Next {
        let is_on = seen.is_committed || seen.world.active == Some(taken.plan.colour);
        let can_turn = matches!(next, Next::Do(_)) && taken.progress.direction == Direction::Forward && !is_on;
        if can_turn && self.is_interrupted.load(Ordering::Relaxed) {
            return Next::TurnBack("it was interrupted before anybody was led to the new release".to_owned());
        }
        next
    }

    async fn do_step(&self, taken: &mut Taken, step: Step, seen: &Seen) -> anyhow::Result<()> {
        let share = share_due(&taken.plan, &taken.progress, &seen.world).filter(|_| step == Step::Canaried);
        let data = || share.map_or(Value::Null, of_share);
        (self.tell)(&Event::Doing(step));
        self.write(taken, State::Step(step), Phase::Intent, data())?;
        let began = self.machine.now();
        // On the heap: of all that it may await it is as large as the largest.
        match Box::pin(self.act(&taken.plan, step, share)).await {
            Ok(()) => {
                self.write(taken, State::Step(step), Phase::Done, data())?;
                let took = (self.machine.now() - began).to_std().unwrap_or_default();
                (self.tell)(&Event::Done { step, took });
            }
            Err(error) => {
                let why = format!("{error:#}");
                self.write(taken, State::Step(step), Phase::Failed, because(&why))?;
                let log = self.log(&taken.plan, step).await;
                (self.tell)(&Event::Failed { step, why: &why, log: &log });
            }
        }
        Ok(())
    }

    /// It goes back because of what was seen, and no step failed of which it was told already: what the new release logged may say
    /// why.
    async fn tell_what_was_seen(&self, taken: &Taken, why: &str) {
        if taken.progress.failure.is_none() {
            let log = self.log(&taken.plan, Step::Started).await;
            (self.tell)(&Event::Failed { step: Step::Started, why, log: &log });
        }
    }

    /// What the new release logged, where that may say why it failed.
    async fn log(&self, plan: &Plan, step: Step) -> Vec<String> {
        let may_say = matches!(step, Step::Started | Step::Ready | Step::Canaried | Step::Switched | Step::Baked);
        if may_say { self.machine.log(plan.colour, LOG_LINES).await.unwrap_or_default() } else { Vec::new() }
    }

    fn end(&self, mut taken: Taken, ending: Ending) -> anyhow::Result<Ended> {
        let mark = match ending {
            Ending::Committed => Some(Mark::Finished),
            Ending::RolledBack => Some(Mark::RolledBack),
            Ending::Halted => None,
        };
        if let Some(mark) = mark.filter(|_| !taken.progress.is_over()) {
            self.write(&mut taken, State::Mark(mark), Phase::Done, Value::Null)?;
        }
        (self.tell)(&Event::Over(ending));
        Ok(Ended { ending, reason: taken.progress.reason })
    }

    fn write(&self, taken: &mut Taken, state: State, phase: Phase, data: Value) -> anyhow::Result<()> {
        let record = taken.journal.write(self.machine.now(), state, phase, data)?;
        taken.progress.take(record);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
