//! What goes on, for whoever watches.

use std::{fmt, time::Duration};

use serde_json::{Value, json};

use crate::{
    deploy_id::DeployId,
    plan::Plan,
    progress::{Direction, Ending},
    step::Step,
};

/// Something that goes on.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A plan is carried out.
    Begun(&'a Plan),
    /// What another deployer left is taken up.
    TakenUp {
        /// Which deployment.
        deploy: DeployId,
        /// Which way it goes.
        direction: Direction,
        /// What was not whole at the end of its journal.
        torn: Option<&'a str>,
    },
    /// This is begun.
    Doing(Step),
    /// This is done.
    Done {
        /// What.
        step: Step,
        /// How long it took.
        took: Duration,
    },
    /// This could not be done.
    Failed {
        /// What.
        step: Step,
        /// Why.
        why: &'a str,
        /// The last that the new release logged.
        log: &'a [String],
    },
    /// It goes back.
    TurnedBack(&'a str),
    /// It stands still.
    Halted(&'a str),
    /// It is over, or stands still.
    Over(Ending),
}

impl Event<'_> {
    /// For programs: an object with the name of what goes on in `event`.
    pub fn json(&self) -> Value {
        match self {
            Self::Begun(plan) => json!({
                "event": "begun", "deploy": plan.deploy, "kind": plan.kind, "image": plan.survey.target.image,
                "digest": plan.survey.target.digest, "colour": plan.colour, "settings": plan.changed_settings(),
            }),
            Self::TakenUp { deploy, direction, torn } => {
                json!({ "event": "taken_up", "deploy": deploy, "direction": direction, "torn": torn })
            }
            Self::Doing(step) => json!({ "event": "doing", "step": step }),
            Self::Done { step, took } => {
                json!({ "event": "done", "step": step, "took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX) })
            }
            Self::Failed { step, why, log } => json!({ "event": "failed", "step": step, "why": why, "log": log }),
            Self::TurnedBack(why) => json!({ "event": "turned_back", "why": why }),
            Self::Halted(why) => json!({ "event": "halted", "why": why }),
            Self::Over(ending) => json!({ "event": "over", "ending": ending }),
        }
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begun(plan) => write!(f, "deployment {}", plan.deploy),
            Self::TakenUp { deploy, direction, torn } => {
                let way = match direction {
                    Direction::Forward => "goes on",
                    Direction::Back => "goes back",
                };
                write!(f, "deployment {deploy}, which another deployer left, {way}")?;
                if torn.is_some() {
                    f.write_str("; the last line of its journal was cut off and is taken away")
                } else {
                    Ok(())
                }
            }
            Self::Doing(step) => f.write_str(step.doing()),
            Self::Done { step, took } => write!(f, "{}: done in {:.1} s", step.doing(), took.as_secs_f64()),
            Self::Failed { step, why, log } => {
                write!(f, "{}: {why}", step.doing())?;
                log.iter().try_for_each(|line| write!(f, "\n  | {line}"))
            }
            Self::TurnedBack(why) => write!(f, "going back: {why}"),
            Self::Halted(why) => write!(f, "standing still: {why}"),
            Self::Over(Ending::Committed) => f.write_str("the new release is the current one"),
            Self::Over(Ending::RolledBack) => f.write_str("what was stands again"),
            Self::Over(Ending::Halted) => f.write_str("nothing more is done until somebody says which way"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_hear_what_people_hear() {
        let failed = Event::Failed { step: Step::Ready, why: "it is never ready", log: &["no library".to_owned()] };
        for (event, json) in [
            (Event::Doing(Step::ImageReady), json!({ "event": "doing", "step": "image_ready" })),
            (
                Event::Done { step: Step::Baked, took: Duration::from_millis(1_500) },
                json!({ "event": "done", "step": "baked", "took_ms": 1_500 }),
            ),
            (failed, json!({ "event": "failed", "step": "ready", "why": "it is never ready", "log": ["no library"] })),
            (Event::Over(Ending::RolledBack), json!({ "event": "over", "ending": "rolled_back" })),
        ] {
            assert_eq!(event.json(), json, "{event}");
        }
    }
}
