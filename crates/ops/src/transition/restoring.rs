//! What comes next where the data of before come back with the release of before. Nobody is let in from the first act on the data to the
//! end of the last, so that nobody ever works with one release on the data of the other; and until the release is the current one,
//! a copy of the data of now is there to put back.

use super::{Next, Seen};
use crate::{
    plan::Plan,
    progress::{Direction, Ending, Progress},
    step::Step,
    world::{Container, World},
};

/// What comes next.
pub fn next(plan: &Plan, progress: &Progress, seen: &Seen) -> Next {
    let world = &seen.world;
    let new = world.of(plan.colour).filter(|container| container.deploy == Some(plan.deploy));
    let was_shut = plan.restore.as_ref().is_some_and(|restore| restore.was_shut);
    let sight = Sight { plan, progress, world, new, old: world.of(plan.colour.other()), was_shut };
    match progress.direction {
        _ if seen.is_committed => sight.committed(),
        Direction::Forward => sight.forward(),
        Direction::Back => sight.back(),
    }
}

struct Sight<'a> {
    plan: &'a Plan,
    progress: &'a Progress,
    world: &'a World,
    /// The release of before, as it runs again.
    new: Option<&'a Container>,
    /// What was live.
    old: Option<&'a Container>,
    was_shut: bool,
}

impl Sight<'_> {
    fn forward(&self) -> Next {
        if !self.is_quiet() {
            return self.up_to_the_quiet();
        }
        if !self.world.has_image {
            return self.once(Step::ImageReady, "the image was fetched and is not there");
        }
        if !self.world.has_backup {
            return self.once(Step::BackedUp, "the backup of now was made and is not there");
        }
        if !self.world.is_restored {
            return self.once(Step::Restored, "the data of before were put in place and are not there");
        }
        let Some(new) = self.new.filter(|new| new.is_running) else {
            return self.once(Step::Started, "the release ended right after its start");
        };
        if !self.progress.passed(Step::Ready) {
            return Next::Do(Step::Ready);
        }
        if !new.is_well {
            return Next::TurnBack("the release was ready and is not well any more".to_owned());
        }
        if !self.is_switched() || !self.progress.passed(Step::Switched) {
            return self.once(Step::Switched, "the link was turned and leads elsewhere again");
        }
        Next::Do(Step::Committed)
    }

    fn up_to_the_quiet(&self) -> Next {
        if !self.progress.passed(Step::Preflight) {
            return Next::Do(Step::Preflight);
        }
        if !self.world.has_image {
            return self.once(Step::ImageReady, "the image was fetched and is not there");
        }
        if !self.world.is_shut {
            return self.once(Step::Shut, "somebody has let people in again");
        }
        self.once(Step::Quieted, "the old release was ended and runs again")
    }

    fn back(&self) -> Next {
        if self.new.is_some() {
            return self.once(Step::Removed, "the release was removed and is there again");
        }
        if self.progress.is_touched {
            return if self.is_quiet() {
                Next::Do(Step::PutBack)
            } else {
                self.once(Step::Quieted, "the old release was ended and runs again")
            };
        }
        match self.old {
            None => {
                return Next::Halt(
                    "the container of the release that was live is gone: `pake recover` starts it anew".to_owned(),
                );
            }
            Some(old) if !old.is_running => {
                return self.once(Step::Woken, "the old release ended right after its start");
            }
            Some(_) => {}
        }
        if self.world.active != Some(self.plan.colour.other()) {
            return self.once(Step::SwitchedBack, "the link was turned back and leads elsewhere again");
        }
        if self.is_to_open() {
            return self.once(Step::Opened, "people were let in and are shut out again");
        }
        Next::End(Ending::RolledBack)
    }

    fn committed(&self) -> Next {
        if self.is_to_open() {
            return self.once(Step::Opened, "people were let in and are shut out again");
        }
        if self.old.is_some() && !self.progress.passed(Step::Stopped) {
            return Next::Do(Step::Stopped);
        }
        if self.progress.passed(Step::Pruned) { Next::End(Ending::Committed) } else { Next::Do(Step::Pruned) }
    }

    /// Nobody comes in, and what was live does nothing by itself.
    fn is_quiet(&self) -> bool {
        self.world.is_shut && !self.old.is_some_and(|old| old.is_running)
    }

    const fn is_to_open(&self) -> bool {
        self.world.is_shut && !self.was_shut
    }

    fn is_switched(&self) -> bool {
        self.world.active == Some(self.plan.colour)
    }

    /// What is done once: when it cannot be seen afterwards, doing it again would not help.
    fn once(&self, step: Step, otherwise: &str) -> Next {
        match self.progress.direction {
            _ if !self.progress.passed(step) => Next::Do(step),
            Direction::Forward => Next::TurnBack(otherwise.to_owned()),
            Direction::Back => Next::Halt(otherwise.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
