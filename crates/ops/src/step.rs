//! The states that a deployment comes through, by the names that stand in its journal.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A state that is reached by doing something. What is done bears being done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The machine has room, and the old release is well.
    Preflight,
    /// The image is here, by its digest.
    ImageReady,
    /// The database is copied, and the copy was checked.
    BackedUp,
    /// The database has what the new release needs, and the old one works on.
    Expanded,
    /// The new release runs beside the old one.
    Started,
    /// The new release is well and does what it should.
    Ready,
    /// Some of the requests went to the new release, and it did as well with them as the old one.
    Canaried,
    /// The edge asks the new release.
    Switched,
    /// The new release has stood its time under everybody's requests.
    Baked,
    /// The old release has ended what was under way.
    Drained,
    /// The old release is gone.
    Stopped,
    /// The new release is the current one.
    Committed,
    /// What no release to go back to needs is gone.
    Pruned,
    /// With the data of before: nobody is let in.
    Shut,
    /// With the data of before: the old release has ended, and nobody writes.
    Quieted,
    /// With the data of before: they are in the place of those of now.
    Restored,
    /// Everybody is let in again.
    Opened,
    /// On the way back: the data of now are in their place again.
    PutBack,
    /// On the way back: the old release runs again.
    Woken,
    /// On the way back: the edge asks the old release again.
    SwitchedBack,
    /// On the way back: the new release is gone.
    Removed,
}

/// What it means for the deployment that a step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// What was is put back.
    TurnBack,
    /// Somebody is told, and it goes on: a good switch is not undone because of it.
    Warn,
    /// A person has to look.
    Halt,
}

impl Step {
    /// What follows when it fails.
    pub const fn consequence(self) -> Consequence {
        match self {
            Self::Drained | Self::Stopped | Self::Pruned => Consequence::Warn,
            Self::Committed | Self::SwitchedBack | Self::Removed | Self::Opened | Self::PutBack | Self::Woken => {
                Consequence::Halt
            }
            _ => Consequence::TurnBack,
        }
    }

    /// What is being done, for people.
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Preflight => "looking whether everything is fit",
            Self::ImageReady => "fetching the image",
            Self::BackedUp => "backing up the database",
            Self::Expanded => "expanding the database",
            Self::Started => "starting the new release",
            Self::Ready => "waiting for the new release to be ready",
            Self::Canaried => "letting some of the requests go to the new release",
            Self::Switched => "switching to the new release",
            Self::Baked => "watching the new release",
            Self::Drained => "letting the old release end its work",
            Self::Stopped => "removing the old release",
            Self::Committed => "making the new release the current one",
            Self::Pruned => "removing what no release needs",
            Self::Shut => "letting nobody in",
            Self::Quieted => "ending the old release, so that nobody writes",
            Self::Restored => "putting the data of before in the place of those of now",
            Self::Opened => "letting everybody in again",
            Self::PutBack => "putting the data of now back in their place",
            Self::Woken => "starting the old release again",
            Self::SwitchedBack => "switching back to the old release",
            Self::Removed => "removing the new release",
        }
    }
}

/// A turn in the course of a deployment. It is decided, not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It begins; the plan is with it.
    Planned,
    /// Another deployer has taken it up.
    Resumed,
    /// It goes back.
    RollingBack,
    /// It waits for a person.
    Halted,
    /// It is over: what was stands again.
    RolledBack,
    /// It is over: the new release is the current one.
    Finished,
}

/// A step or a mark: the `state` of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum State {
    /// Something is done.
    Step(Step),
    /// Something is decided.
    Mark(Mark),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As it stands in the journal.
        match self {
            Self::Step(step) => step.serialize(f),
            Self::Mark(mark) => mark.serialize(f),
        }
    }
}
