//! What comes next: a pure function of the plan, of how far it is, and of what was seen. It decides all and does nothing.
//!
//! What it holds to: while a release is live and well, nothing takes it away; the edge is never led to a release that is not
//! well; what can be seen is believed before what is remembered.

use crate::{
    plan::{Kind, Plan},
    progress::{Direction, Ending, Progress},
    step::{Consequence, Step},
    world::{Container, World},
};

mod restoring;

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Of the machine.
    pub world: World,
    /// Whether the link to the current release leads to the one of this plan.
    pub is_committed: bool,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This is to be done.
    Do(Step),
    /// It goes back, because of this.
    TurnBack(String),
    /// A person has to look, because of this.
    Halt(String),
    /// It is over, or stands still.
    End(Ending),
}

/// What a deployer does by itself with a deployment that another one left; nothing where only a person can say.
pub fn unasked(plan: &Plan, progress: &Progress, seen: &Seen) -> Option<Direction> {
    let is_halted = progress.ending == Some(Ending::Halted);
    let is_on = seen.is_committed || seen.world.active == Some(plan.colour);
    (!is_halted).then(|| if is_on { progress.onward() } else { Direction::Back })
}

/// The share of the requests that is led to the new release next; none when it stood all of them. What is led to it already is not
/// taken back on the way to more.
pub fn share_due(plan: &Plan, progress: &Progress, world: &World) -> Option<u8> {
    let led = world.canary.filter(|canary| canary.colour == plan.colour).map_or(0, |canary| canary.percent);
    let is_due = |share: &u8| *share > progress.share && *share >= led;
    plan.policy.canary.iter().copied().find(is_due)
}

/// What comes next.
pub fn next(plan: &Plan, progress: &Progress, seen: &Seen) -> Next {
    if let Some(ending) = progress.ending {
        return Next::End(ending);
    }
    if let Some(failure) = &progress.failure {
        return match failure.step.consequence() {
            Consequence::TurnBack if progress.direction == Direction::Forward => Next::TurnBack(failure.why.clone()),
            _ => Next::Halt(failure.why.clone()),
        };
    }
    if plan.restore.is_some() {
        return restoring::next(plan, progress, seen);
    }
    let sight = Sight::of(plan, progress, &seen.world);
    match progress.direction {
        _ if seen.is_committed => sight.committed(),
        Direction::Forward => sight.forward(),
        Direction::Back => sight.back(),
    }
}

/// What was seen, by what it is for the plan.
struct Sight<'a> {
    plan: &'a Plan,
    progress: &'a Progress,
    world: &'a World,
    /// The new release.
    new: Option<&'a Container>,
    /// What stands in the place of the new release and is not it.
    stranger: Option<&'a Container>,
    /// What was live before.
    old: Option<&'a Container>,
}

impl<'a> Sight<'a> {
    fn of(plan: &'a Plan, progress: &'a Progress, world: &'a World) -> Self {
        let there = world.of(plan.colour);
        let is_new = |container: &&Container| container.deploy == Some(plan.deploy);
        Self {
            plan,
            progress,
            world,
            new: there.filter(is_new),
            stranger: there.filter(|container| !is_new(container)),
            old: world.of(plan.colour.other()),
        }
    }

    fn forward(&self) -> Next {
        if self.is_switched() { self.after_the_switch() } else { self.before_the_switch() }
    }

    fn before_the_switch(&self) -> Next {
        // Whoever was led to it is led back at once, and not when a gate has waited for it.
        if self.world.canary.is_some() && !self.new_is_well() {
            return Next::TurnBack("the new release had some of the requests and is not well".to_owned());
        }
        // Where the new release runs already, all that has to be before it was.
        if !self.new.is_some_and(|new| new.is_running) {
            return self.up_to_the_start();
        }
        if !self.progress.passed(Step::Ready) {
            return Next::Do(Step::Ready);
        }
        // Readiness is of the past: nobody is led to a release that has fallen ill since.
        if !self.new_is_well() {
            return Next::TurnBack("the new release was ready and is not well any more".to_owned());
        }
        if share_due(self.plan, self.progress, self.world).is_some() {
            return Next::Do(Step::Canaried);
        }
        self.once(Step::Switched, "the link was turned and leads elsewhere again")
    }

    fn up_to_the_start(&self) -> Next {
        let is_forward = self.plan.kind == Kind::Deploy;
        if !self.progress.passed(Step::Preflight) {
            return Next::Do(Step::Preflight);
        }
        if !self.world.has_image {
            return self.once(Step::ImageReady, "the image was fetched and is not there");
        }
        if is_forward && !self.world.has_backup {
            return self.once(Step::BackedUp, "the backup was made and is not there");
        }
        if is_forward && !self.progress.passed(Step::Expanded) {
            return Next::Do(Step::Expanded);
        }
        self.once(Step::Started, "the new release ended right after its start")
    }

    fn after_the_switch(&self) -> Next {
        let Some(new) = self.new else { return self.lost("the new release is gone") };
        if !new.is_running {
            return self.lost("the new release has ended");
        }
        if !self.progress.passed(Step::Switched) {
            return Next::Do(Step::Switched);
        }
        if !self.progress.passed(Step::Baked) {
            return Next::Do(Step::Baked);
        }
        if !new.is_well {
            return self.lost("the new release is not well");
        }
        match self.old {
            Some(old) if old.is_running && !self.progress.passed(Step::Drained) => Next::Do(Step::Drained),
            Some(_) if !self.progress.passed(Step::Stopped) => Next::Do(Step::Stopped),
            _ => self.once(Step::Committed, "the release was written down, and the current one is another"),
        }
    }

    /// The new release is live and cannot be.
    fn lost(&self, what: &str) -> Next {
        if self.old_is_well() { Next::TurnBack(what.to_owned()) } else { self.stuck(what) }
    }

    fn back(&self) -> Next {
        if self.is_switched() {
            if self.stranger.is_some() {
                return Next::Halt(format!(
                    "a container that is not of this deployment is live as {}",
                    self.plan.colour
                ));
            }
            if self.old_is_well() {
                return self.once(Step::SwitchedBack, "the link was turned back and leads to the new release again");
            }
            // The old release is on its way out: there is nothing to go back to any more, and no need.
            if self.progress.passed(Step::Baked) && self.new_is_well() {
                return self.after_the_switch();
            }
            return self.stuck("the new release is live");
        }
        match self.new {
            Some(_) if self.old.is_some() && !self.old_is_well() && self.new_is_well() => Next::Halt(
                "the old release is not well and the new one is: neither is taken away. `pake deploy --resume` goes on to \
                 the new one; once the old one is well, `pake deploy --abort` goes back to it"
                    .to_owned(),
            ),
            _ if self.world.canary.is_some() => {
                self.once(Step::SwitchedBack, "the requests were led back and some go to the new release again")
            }
            Some(_) => self.once(Step::Removed, "the new release was removed and is there again"),
            None => Next::End(Ending::RolledBack),
        }
    }

    fn committed(&self) -> Next {
        if self.progress.passed(Step::Pruned) { Next::End(Ending::Committed) } else { Next::Do(Step::Pruned) }
    }

    /// The edge stays where it is, and nothing is touched: a release that is not well is never switched to.
    fn stuck(&self, what: &str) -> Next {
        let old = match self.old {
            None => "there is no old release to go back to",
            Some(old) if !old.is_running => "the old release has ended",
            Some(_) => "the old release is not well either",
        };
        Next::Halt(format!(
            "{what}, and {old}: it is not switched to. Look at both (`pake status`, `pake logs`); then `pake deploy \
             --resume` goes on with the new one, `pake deploy --abort` goes back once the old one is well"
        ))
    }

    fn old_is_well(&self) -> bool {
        self.old.is_some_and(|old| old.is_running && old.is_well)
    }

    fn new_is_well(&self) -> bool {
        self.new.is_some_and(|new| new.is_running && new.is_well)
    }

    /// What is done once: when it cannot be seen afterwards, doing it again would not help.
    fn once(&self, step: Step, otherwise: &str) -> Next {
        if !self.progress.passed(step) {
            return Next::Do(step);
        }
        match self.progress.direction {
            Direction::Forward if !self.is_switched() => Next::TurnBack(otherwise.to_owned()),
            _ => Next::Halt(otherwise.to_owned()),
        }
    }

    fn is_switched(&self) -> bool {
        self.world.active == Some(self.plan.colour)
    }
}

#[cfg(test)]
mod tests;
