//! How far a deployment is, by what stands in its journal. What can be seen is looked at instead ([`crate::world`]).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    journal::{Phase, Record},
    step::{Consequence, Mark, State, Step},
};

/// Which way it goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the new release.
    #[default]
    Forward,
    /// To what was.
    Back,
}

/// How a deployment ends, or where it stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The new release is the current one.
    Committed,
    /// What was stands again.
    RolledBack,
    /// A person has to look; it can be taken up again.
    Halted,
}

/// A step that failed, and what has not followed from it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub step: Step,
    /// Why.
    pub why: String,
}

/// How far it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Which way it goes.
    pub direction: Direction,
    /// What was done or passed since a deployer took it up.
    passed: BTreeSet<Step>,
    /// The largest share of the requests that the new release stood since then, in percent.
    pub share: u8,
    /// Whether the data may be other ones than those of now: somebody began to put others in their place.
    pub is_touched: bool,
    /// What failed, until it is turned or halted because of it.
    pub failure: Option<Failure>,
    /// Whether it is over or stands still.
    pub ending: Option<Ending>,
    /// Why it was turned or stands still.
    pub reason: Option<String>,
}

impl Progress {
    /// By all lines of a journal.
    pub fn of(records: &[Record]) -> Self {
        let mut progress = Self::default();
        for record in records {
            progress.take(record);
        }
        progress
    }

    /// By one line more.
    pub fn take(&mut self, record: &Record) {
        let why = || record.data["why"].as_str().unwrap_or("the journal does not say why").to_owned();
        match (record.state, record.phase) {
            (State::Step(Step::Restored), Phase::Intent) => self.is_touched = true,
            (State::Step(_), Phase::Intent) | (State::Mark(Mark::Planned), _) => {}
            (State::Step(step), Phase::Done) => {
                self.is_touched &= step != Step::PutBack;
                if step == Step::Canaried {
                    self.share = u8::deserialize(&record.data["percent"]).unwrap_or_default();
                }
                self.passed.insert(step);
            }
            (State::Step(step), Phase::Failed) if step.consequence() == Consequence::Warn => {
                self.passed.insert(step);
            }
            (State::Step(step), Phase::Failed) => self.failure = Some(Failure { step, why: why() }),
            (State::Mark(Mark::Resumed), _) => {
                self.direction = Direction::deserialize(&record.data["direction"]).unwrap_or_default();
                (self.failure, self.ending) = (None, None);
                self.forget();
            }
            (State::Mark(Mark::RollingBack), _) => {
                self.direction = Direction::Back;
                (self.failure, self.reason) = (None, Some(why()));
                self.forget();
            }
            (State::Mark(Mark::Halted), _) => {
                (self.failure, self.ending, self.reason) = (None, Some(Ending::Halted), Some(why()));
            }
            (State::Mark(Mark::RolledBack), _) => self.ending = Some(Ending::RolledBack),
            (State::Mark(Mark::Finished), _) => self.ending = Some(Ending::Committed),
        }
    }

    /// Whether a step was done since a deployer took it up.
    pub fn passed(&self, step: Step) -> bool {
        self.passed.contains(&step)
    }

    /// Whether it is over. One that stands still is not.
    pub const fn is_over(&self) -> bool {
        matches!(self.ending, Some(Ending::Committed | Ending::RolledBack))
    }

    /// The way that a deployer goes who takes it up to end it as it was meant.
    pub fn onward(&self) -> Direction {
        let turned = self.failure.as_ref().is_some_and(|failure| failure.step.consequence() == Consequence::TurnBack);
        match self.ending {
            // A person has looked, and says that it goes on.
            Some(Ending::Halted) => Direction::Forward,
            _ if turned => Direction::Back,
            _ => self.direction,
        }
    }

    /// What was passed is asked again: who knows what happened since. Only that the new release has stood its time is a fact of
    /// the past that stays one, and that cannot be looked at.
    fn forget(&mut self) {
        self.passed.retain(|step| *step == Step::Baked);
        self.share = 0;
    }
}

/// What stands with the mark of a deployer that takes a deployment up.
pub fn resumed(direction: Direction) -> Value {
    json!({ "direction": direction })
}

/// What stands with a share of the requests that is led to the new release.
pub fn of_share(percent: u8) -> Value {
    json!({ "percent": percent })
}

/// What stands with a failure, a turn and a halt.
pub fn because(why: &str) -> Value {
    json!({ "why": why })
}
